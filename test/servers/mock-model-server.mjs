#!/usr/bin/env node
import { hash } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
// A deterministic OpenAI-compatible endpoint for tests and benchmarks. No dependencies.
import http from "node:http";
import net from "node:net";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

export const DEFAULTS = {
  seed: 1, // changes every answer, latency and fault draw
  latency: "0", // MS | fixed:MS | lognormal:MEDIAN_MS,SIGMA
  capacity: "0", // requests in flight before a 429; 0 = no limit; steps: '0:64,20:16,40:64' (second:limit)
  retryAfter: 1, // seconds, sent with each 429
  rpm: 1_000_000, // advertised in x-ratelimit-*, and enforced by a token bucket
  tpm: 1_000_000_000,
  faults: {}, // kind -> share of calls, e.g. { error500: 0.02, reset: 0.005 }
  faultSticky: false, // true: a request that drew a fault draws it on every retry
  vary: false, // true: asking the same thing again gives another answer (sampling)
  words: 40, // words in a free-text answer
  dimensions: 64, // of an embedding
  apiKey: "", // when set, anything else is a 401
  models: "", // comma list; when set, anything else is a 404
  maxContext: 0, // prompt tokens above this are a 400
  poison: "", // comma list; a question in which one of these texts stands is never answered in the form asked for, however it is put
  log: "", // JSONL file, one line per call
};

export const FAULTS = [
  "error500", // status 500
  "hang", // no answer until the client gives up
  "reset", // TCP reset before any byte
  "truncate", // Content-Length promises more than is sent, then the socket closes
  "html", // status 200, a proxy's HTML page
  "invalid", // status 200, well-formed envelope, content is broken JSON
  "length", // content cut in half, finish_reason "length"
  "filter", // empty content, finish_reason "content_filter"
  "endless", // a stream that never ends (streaming calls only)
];

const PLEA = "I would rather not say it in that form.";

// ---------------------------------------------------------------- determinism

const sha = (text) => hash("sha256", text, "buffer");
const shortHash = (text) => hash("sha256", text).slice(0, 16);

/** Uniform in [0, 1), a pure function of its arguments. */
const uniform = (...parts) => sha(parts.join("\u0000")).readUIntBE(0, 6) / 2 ** 48;

/** Small seeded generator (mulberry32). */
function generator(...parts) {
  let state = sha(parts.join("\u0000")).readUInt32LE(0);
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}

function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  return `{${Object.keys(value)
    .sort()
    .map((k) => `${JSON.stringify(k)}:${canonical(value[k])}`)
    .join(",")}}`;
}

/** What is asked, without how it is delivered: two calls with one key are the same question. */
function requestKey(path, { stream, stream_options, user, metadata, ...asked }) {
  return shortHash(path + canonical(asked));
}

// ---------------------------------------------------------------- answers

const WORDS = (
  "amber river stone quiet market ledger copper winter garden signal harbor paper engine valley silver morning " +
  "carries follows measures gathers turns keeps opens divides joins counts reaches shelters records answers " +
  "slowly often rarely together first again under beyond between after because while although until " +
  "the a each every some one two three many few old new small bright careful steady open"
).split(" ");

function sentence(random, words) {
  const text = Array.from({ length: words }, () => random.pick(WORDS)).join(" ");
  return `${text.charAt(0).toUpperCase() + text.slice(1)}.`;
}

const STRING_FORMATS = {
  date: (r) => `20${r.int(10, 29)}-0${r.int(1, 9)}-1${r.int(0, 9)}`,
  "date-time": (r) => `20${r.int(10, 29)}-0${r.int(1, 9)}-1${r.int(0, 9)}T0${r.int(0, 9)}:00:00Z`,
  time: (r) => `0${r.int(0, 9)}:30:00Z`,
  email: (r) => `user${r.int(1, 9999)}@example.com`,
  uri: (r) => `https://example.com/${r.int(1, 9999)}`,
  uuid: (r) => `00000000-0000-4000-8000-${String(r.int(0, 999999999999)).padStart(12, "0")}`,
};

/** A value that fits a JSON Schema (the subset that structured-output modes accept). */
function fitSchema(schema, random, root = schema, depth = 0) {
  if (schema === true || schema == null || depth > 12) return null;
  if (schema.$ref) {
    const target = schema.$ref
      .replace(/^#\/?/, "")
      .split("/")
      .filter(Boolean)
      .reduce((node, part) => node?.[part.replace(/~1/g, "/").replace(/~0/g, "~")], root);
    return fitSchema(target, random, root, depth + 1);
  }
  if ("const" in schema) return schema.const;
  if (schema.enum) return random.pick(schema.enum);
  if (schema.allOf)
    return fitSchema(
      Object.assign({}, ...schema.allOf.map((s) => (s.$ref ? { ...s } : s)), { allOf: undefined }),
      random,
      root,
      depth + 1,
    );
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) return fitSchema(branches.find((s) => s.type !== "null") ?? branches[0], random, root, depth + 1);
  const types = [].concat(schema.type ?? (schema.properties ? "object" : schema.items ? "array" : "string"));
  const type = types.find((t) => t !== "null") ?? "null";
  switch (type) {
    case "object": {
      const out = {};
      for (const [name, part] of Object.entries(schema.properties ?? {}))
        out[name] = fitSchema(part, random, root, depth + 1);
      return out;
    }
    case "array": {
      const least = schema.minItems ?? 1;
      const length = random.int(least, Math.min(schema.maxItems ?? least + 2, least + 2));
      return Array.from({ length }, (_, i) =>
        fitSchema(schema.prefixItems?.[i] ?? schema.items ?? {}, random, root, depth + 1),
      );
    }
    case "integer": {
      const low = schema.minimum ?? (schema.exclusiveMinimum !== undefined ? schema.exclusiveMinimum + 1 : 0);
      const high = schema.maximum ?? (schema.exclusiveMaximum !== undefined ? schema.exclusiveMaximum - 1 : low + 9);
      return random.int(low, high);
    }
    case "number": {
      const low = schema.minimum ?? schema.exclusiveMinimum ?? 0;
      const high = schema.maximum ?? schema.exclusiveMaximum ?? low + 1;
      return Math.round((low + (high - low) * (0.01 + 0.98 * random.next())) * 1e4) / 1e4;
    }
    case "boolean":
      return random.next() < 0.5;
    case "null":
      return null;
    default: {
      if (STRING_FORMATS[schema.format]) return STRING_FORMATS[schema.format](random);
      let text = sentence(random, random.int(4, 12));
      while (text.length < (schema.minLength ?? 0)) text += ` ${sentence(random, 8)}`;
      return schema.maxLength ? text.slice(0, schema.maxLength) : text;
    }
  }
}

/** Some clients put the schema in the prompt instead of response_format: find the last one that parses. */
function schemaInPrompt(text) {
  if (!text.includes('"properties"')) return undefined;
  let found;
  for (let start = text.indexOf("{"); start !== -1; start = text.indexOf("{", start + 1)) {
    let depth = 0;
    for (let i = start, quoted = false; i < text.length; i++) {
      const c = text[i];
      if (quoted) {
        if (c === "\\") i++;
        else if (c === '"') quoted = false;
      } else if (c === '"') quoted = true;
      else if (c === "{") depth++;
      else if (c === "}" && --depth === 0) {
        try {
          const value = JSON.parse(text.slice(start, i + 1));
          if (value && typeof value.properties === "object") {
            found = value;
            start = i;
          }
        } catch {
          // not JSON: go on with the next brace
        }
        break;
      }
    }
  }
  return found;
}

const contentText = (content) =>
  typeof content === "string" ? content : Array.isArray(content) ? content.map((p) => p.text ?? "").join("\n") : "";
const tokens = (text) => Math.ceil(text.length / 4);

/** One choice: { content, toolCalls, finish }. */
function answerChoice(body, random, options) {
  const { tools, tool_choice: toolChoice, response_format: format } = body;
  const last = body.messages.at(-1);
  const forced = toolChoice === "required" || (toolChoice !== null && typeof toolChoice === "object");
  if (tools?.length && toolChoice !== "none" && (forced || last?.role !== "tool")) {
    const wanted = toolChoice?.function?.name;
    const tool = tools.find((t) => t.function?.name === wanted) ?? tools[0];
    const args = JSON.stringify(fitSchema(tool.function.parameters ?? {}, random) ?? {});
    const id = `call_${random.int(0, 2 ** 31).toString(36)}`;
    return {
      content: null,
      toolCalls: [{ id, type: "function", function: { name: tool.function.name, arguments: args } }],
      finish: "tool_calls",
    };
  }
  if (format?.type === "json_schema")
    return { content: JSON.stringify(fitSchema(format.json_schema?.schema ?? {}, random)), finish: "stop" };
  const prompted = schemaInPrompt(body.messages.map((m) => contentText(m.content)).join("\n"));
  if (format?.type === "json_object")
    return {
      content: JSON.stringify(
        prompted ? fitSchema(prompted, random) : { answer: sentence(random, 12), score: random.int(1, 10) },
      ),
      finish: "stop",
    };
  if (prompted)
    return { content: `\`\`\`json\n${JSON.stringify(fitSchema(prompted, random))}\n\`\`\``, finish: "stop" };
  return { content: sentence(random, options.words), finish: "stop" };
}

function spoil(choice, fault) {
  if (fault === "filter") return { content: "", finish: "content_filter" };
  if (choice.content === null) {
    const call = choice.toolCalls[0];
    const half = call.function.arguments.slice(0, call.function.arguments.length >> 1);
    return {
      ...choice,
      toolCalls: [{ ...call, function: { ...call.function, arguments: half } }],
      finish: fault === "length" ? "length" : choice.finish,
    };
  }
  if (fault === "length")
    return { ...choice, content: choice.content.slice(0, choice.content.length >> 1), finish: "length" };
  return { ...choice, content: `${choice.content.replace(/[}"](?=[^}"]*$)/, "")} <oops` };
}

// ---------------------------------------------------------------- the server

function parseLatency(spec, seed) {
  const [kind, rest] = String(spec).includes(":") ? String(spec).split(":") : ["fixed", String(spec)];
  const [a, b] = rest.split(",").map(Number);
  if (kind === "fixed") return () => a;
  if (kind !== "lognormal") throw new Error(`unknown latency '${spec}': use fixed:MS or lognormal:MEDIAN_MS,SIGMA`);
  return (key, attempt) => {
    const u = Math.max(uniform(seed, "latency1", key, attempt), 1e-12);
    const v = uniform(seed, "latency2", key, attempt);
    return a * Math.exp(b * Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v));
  };
}

function parseCapacity(spec) {
  const steps = String(spec)
    .split(",")
    .map((step) => (step.includes(":") ? step.split(":").map(Number) : [0, Number(step)]));
  return (seconds) => {
    let limit = 0;
    for (const [at, value] of steps) if (seconds >= at) limit = value;
    return limit || Infinity;
  };
}

/** Milliseconds of lateness that are told apart. */
const LATE_MS = 10_000;

function quantileMs({ calls, histogram }, share) {
  let left = calls * share;
  for (let ms = 0; ms < histogram.length; ms++) {
    left -= histogram[ms];
    if (left < 0) return ms;
  }
  return 0;
}

export function createMockServer(given = {}) {
  let options, latencyOf, capacityAt, faulty, poisons, state;
  let logFile = null;
  const logLines = [];

  function configure(changes) {
    for (const name of Object.keys(changes)) if (!(name in DEFAULTS)) throw new Error(`unknown option '${name}'`);
    for (const kind of Object.keys(changes.faults ?? {}))
      if (!FAULTS.includes(kind)) throw new Error(`unknown fault '${kind}': one of ${FAULTS.join(", ")}`);
    const oldLog = options?.log;
    options = { ...DEFAULTS, ...options, ...changes };
    latencyOf = parseLatency(options.latency, options.seed);
    capacityAt = parseCapacity(options.capacity);
    faulty = FAULTS.some((kind) => options.faults[kind] > 0);
    poisons = options.poison ? options.poison.split(",") : [];
    if (options.log !== oldLog) {
      flushLog();
      if (logFile !== null) closeSync(logFile);
      logFile = options.log ? openSync(options.log, "a") : null;
    }
  }

  function reset() {
    state = {
      first: 0,
      last: 0,
      calls: 0,
      inFlight: 0,
      peak: 0,
      aborted: 0,
      promptTokens: 0,
      completionTokens: 0,
      abortedTokens: 0,
      status: {},
      faults: {},
      asked: new Map(),
      served: new Map(),
      servedCalls: 0,
      late: { calls: 0, sum: 0, histogram: new Uint32Array(LATE_MS) },
      cpu: process.cpuUsage(),
      bucket: { requests: 0, tokens: 0, at: 0 },
    };
  }

  const flushLog = () => {
    if (logFile !== null && logLines.length) writeSync(logFile, logLines.splice(0).join(""));
  };
  const count = (table, name) => (table[name] = (table[name] ?? 0) + 1);

  function stats() {
    const seconds = (state.last - state.first) / 1000;
    const cpu = process.cpuUsage(state.cpu);
    const { late } = state;
    return {
      calls: state.calls,
      distinct: state.asked.size,
      duplicate: state.calls - state.asked.size, // any repeated question, retries after a fault included
      served: state.servedCalls, // complete good answers
      servedDistinct: state.served.size,
      servedTwice: state.servedCalls - state.served.size, // good answers given again: paid twice
      aborted: state.aborted, // the client left before the answer
      inFlight: state.inFlight,
      peakConcurrency: state.peak,
      status: state.status,
      faults: state.faults,
      tokens: {
        prompt: state.promptTokens,
        completion: state.completionTokens,
        billed: state.promptTokens + state.completionTokens,
        aborted: state.abortedTokens,
      },
      seconds, // first request to last answer
      callsPerSecond: seconds ? state.calls / seconds : 0,
      server: {
        // is the mock itself the bottleneck?
        cpuSeconds: (cpu.user + cpu.system) / 1e6,
        lateMsMean: late.calls ? late.sum / late.calls : 0,
        lateMsP99: quantileMs(late, 0.99),
      },
    };
  }

  /** Takes one request and `cost` tokens from the per-minute buckets; false when they are empty. */
  function takeFromBucket(now, cost) {
    const { bucket } = state;
    if (!bucket.at) Object.assign(bucket, { requests: options.rpm, tokens: options.tpm, at: now });
    bucket.requests = Math.min(options.rpm, bucket.requests + ((now - bucket.at) / 60000) * options.rpm);
    bucket.tokens = Math.min(options.tpm, bucket.tokens + ((now - bucket.at) / 60000) * options.tpm);
    bucket.at = now;
    if (bucket.requests < 1 || bucket.tokens < cost) return false;
    bucket.requests -= 1;
    bucket.tokens -= cost;
    return true;
  }

  const limitHeaders = () => ({
    "x-ratelimit-limit-requests": options.rpm,
    "x-ratelimit-remaining-requests": Math.floor(state.bucket.requests),
    "x-ratelimit-reset-requests": `${Math.ceil(((options.rpm - state.bucket.requests) / options.rpm) * 60000)}ms`,
    "x-ratelimit-limit-tokens": options.tpm,
    "x-ratelimit-remaining-tokens": Math.floor(state.bucket.tokens),
    "x-ratelimit-reset-tokens": `${Math.ceil(((options.tpm - state.bucket.tokens) / options.tpm) * 60000)}ms`,
  });

  function sendJson(response, status, value, headers = {}) {
    const text = JSON.stringify(value);
    response.writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
      ...headers,
    });
    response.end(text);
  }
  const sendError = (response, status, message, type, code = null, headers = {}) =>
    sendJson(response, status, { error: { message, type, param: null, code } }, headers);

  function drawFault(key, attempt) {
    if (!faulty) return undefined;
    let draw = uniform(options.seed, "fault", key, options.faultSticky ? 0 : attempt);
    for (const kind of FAULTS) {
      draw -= options.faults[kind] ?? 0;
      if (draw < 0) return kind;
    }
    return undefined;
  }

  function handleCall(path, request, response, raw) {
    const run = state; // a reset starts a new one; this call still belongs to its own
    const now = performance.now();
    const arrived = Date.now();
    run.first ||= now;
    run.calls += 1;
    let body;
    try {
      body = JSON.parse(raw);
    } catch {
      count(run.status, 400);
      return sendError(response, 400, "We could not parse the JSON body of your request.", "invalid_request_error");
    }
    const embeddings = path === "/v1/embeddings";
    const key = requestKey(path, body);
    const attempt = run.asked.get(key) ?? 0;
    run.asked.set(key, attempt + 1);
    const asked = embeddings
      ? [].concat(body.input ?? "").join(" ")
      : (body.messages ?? []).map((m) => contentText(m.content)).join("\n");
    const prompt = tokens(asked);
    const poisoned = poisons.some((text) => asked.includes(text));
    const auth = (request.headers.authorization ?? "").replace(/^Bearer /, "");

    let planned = 0;
    let finished = false;
    const finish = (status, completion, fault, billed) => {
      if (finished) return;
      finished = true;
      const ended = performance.now();
      run.last = ended;
      count(run.status, status);
      if (fault) count(run.faults, fault);
      if (billed) {
        run.promptTokens += prompt;
        run.completionTokens += completion;
      }
      if (planned) {
        const ms = Math.max(0, ended - now - planned);
        run.late.calls += 1;
        run.late.sum += ms;
        run.late.histogram[Math.min(LATE_MS - 1, Math.floor(ms))] += 1;
      }
      if (logFile !== null) {
        logLines.push(
          `${JSON.stringify({
            t: arrived,
            key,
            auth: auth ? shortHash(auth).slice(0, 8) : null,
            attempt,
            prompt,
            completion: billed ? completion : 0,
            status,
            ms: Math.round(ended - now),
            ...(fault && { fault }),
          })}\n`,
        );
        if (logLines.length >= 200) flushLog();
      }
    };
    const serve = () => {
      run.served.set(key, (run.served.get(key) ?? 0) + 1);
      run.servedCalls += 1;
    };
    const refuse = (status, ...error) => {
      finish(status, 0);
      sendError(response, status, ...error);
    };

    if (options.apiKey && auth !== options.apiKey)
      return refuse(401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key");
    if (options.models && !options.models.split(",").includes(body.model))
      return refuse(404, `The model '${body.model}' does not exist.`, "invalid_request_error", "model_not_found");
    if (!embeddings && !Array.isArray(body.messages))
      return refuse(400, "Missing required parameter: 'messages'.", "invalid_request_error");
    if (options.maxContext && prompt > options.maxContext)
      return refuse(
        400,
        `This model's maximum context length is ${options.maxContext} tokens; your messages have ${prompt}.`,
        "invalid_request_error",
        "context_length_exceeded",
      );
    const capacity = capacityAt((now - run.first) / 1000);
    if (run.inFlight >= capacity || !takeFromBucket(now, prompt)) {
      return refuse(429, "Rate limit reached for requests.", "requests", "rate_limit_exceeded", {
        ...limitHeaders(),
        "retry-after": options.retryAfter,
      });
    }

    run.inFlight += 1;
    run.peak = Math.max(run.peak, run.inFlight);
    const fault = drawFault(key, attempt);
    planned = latencyOf(key, attempt);
    let sent = false;
    let timer;
    response.on("close", () => {
      clearTimeout(timer);
      run.inFlight -= 1;
      if (sent) return;
      run.aborted += 1;
      run.abortedTokens += prompt;
      planned = 0;
      finish(499, 0, fault);
    });

    const answer = () => {
      const salt = options.vary ? attempt : 0;
      const id = `${key}-${attempt}`;
      const created = Math.floor(arrived / 1000);
      const headers = { ...limitHeaders(), "x-request-id": id };
      if (fault === "error500") {
        sent = true;
        finish(500, 0, fault);
        return sendError(response, 500, "The server had an error while processing your request.", "server_error");
      }
      if (fault === "html") {
        sent = true;
        finish(200, 0, fault);
        response.writeHead(200, { "content-type": "text/html" });
        return response.end("<html><body><h1>502 Bad Gateway</h1></body></html>");
      }

      let reply, completion, choices;
      if (embeddings) {
        const inputs = [].concat(body.input);
        const size = body.dimensions ?? options.dimensions;
        reply = {
          object: "list",
          model: body.model,
          data: inputs.map((input, index) => ({
            object: "embedding",
            index,
            embedding: embed(input, size, body.encoding_format),
          })),
          usage: { prompt_tokens: prompt, total_tokens: prompt },
        };
        completion = 0;
      } else {
        choices = Array.from({ length: body.n ?? 1 }, (_, index) => {
          const choice = answerChoice(body, generator(options.seed, key, salt, index), options);
          if (poisoned) return { content: PLEA, finish: "stop" };
          return fault === "invalid" || fault === "length" || fault === "filter" ? spoil(choice, fault) : choice;
        });
        completion = choices.reduce((sum, c) => sum + tokens(c.content ?? c.toolCalls[0].function.arguments), 0);
        const usage = { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion };
        const head = { id: `chatcmpl-${id}`, created, model: body.model, system_fingerprint: "mock" };
        if (body.stream && fault !== "truncate") return stream(head, choices, usage, headers);
        reply = {
          ...head,
          object: "chat.completion",
          usage,
          choices: choices.map((c, index) => ({
            index,
            message: { role: "assistant", content: c.content, ...(c.toolCalls && { tool_calls: c.toolCalls }) },
            logprobs: null,
            finish_reason: c.finish,
          })),
        };
      }

      sent = true;
      const text = JSON.stringify(reply);
      if (fault === "truncate") {
        finish(200, completion, fault, true);
        response.writeHead(200, {
          "content-type": "application/json",
          "content-length": Buffer.byteLength(text),
          ...headers,
        });
        response.write(text.slice(0, text.length >> 1), () => response.destroy());
        return;
      }
      finish(200, completion, fault, true);
      if (!fault) serve();
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
        ...headers,
      });
      response.end(text);
    };

    /** Server-sent events: first token after half the latency, the rest paced over the other half. */
    function stream(head, choices, usage, headers) {
      const chunk = (fields) => `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", ...fields })}\n\n`;
      const delta = (index, part, finish_reason = null) => chunk({ choices: [{ index, delta: part, finish_reason }] });
      const pieces = [];
      choices.forEach((c, index) => {
        pieces.push(delta(index, { role: "assistant", content: c.content === null ? null : "" }));
        if (c.toolCalls)
          pieces.push(delta(index, { tool_calls: c.toolCalls.map((call, i) => ({ index: i, ...call })) }));
        else for (const word of c.content.match(/\s*\S+/g) ?? []) pieces.push(delta(index, { content: word }));
        pieces.push(delta(index, {}, c.finish));
      });
      if (body.stream_options?.include_usage) pieces.push(chunk({ choices: [], usage }));
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache", ...headers });
      const pause = planned / 2 / 8;
      const batch = Math.ceil(pieces.length / 8);
      let at = 0;
      const next = () => {
        if (fault === "endless") response.write(delta(0, { content: " and" }));
        else {
          response.write(pieces.slice(at, at + batch).join(""));
          at += batch;
        }
        if (at < pieces.length) {
          timer = setTimeout(next, fault === "endless" ? 20 : pause);
          return;
        }
        sent = true;
        finish(200, usage.completion_tokens, fault, true);
        if (!fault) serve();
        response.end("data: [DONE]\n\n");
      };
      next();
    }

    if (fault === "hang") return;
    if (fault === "reset") {
      timer = setTimeout(() => {
        sent = true;
        finish("reset", 0, fault);
        response.socket.resetAndDestroy();
      }, planned / 2);
      return;
    }
    timer = setTimeout(answer, body.stream ? planned / 2 : planned);
  }

  function embed(input, size, encoding) {
    const random = generator(options.seed, "embedding", Array.isArray(input) ? input.join(",") : input);
    const vector = Float32Array.from({ length: size }, () => random.next() * 2 - 1);
    const norm = Math.hypot(...vector);
    for (let i = 0; i < size; i++) vector[i] /= norm;
    return encoding === "base64" ? Buffer.from(vector.buffer).toString("base64") : Array.from(vector);
  }

  function handle(request, response) {
    const path = request.url.split("?")[0].replace(/^(\/v1)?\/(chat\/completions|embeddings|models)$/, "/v1/$2");
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("error", () => {});
    request.on("end", () => {
      const raw = Buffer.concat(parts).toString();
      if (request.method === "POST" && (path === "/v1/chat/completions" || path === "/v1/embeddings"))
        return handleCall(path, request, response, raw);
      if (path === "/v1/models")
        return sendJson(response, 200, {
          object: "list",
          data: (options.models || "mock")
            .split(",")
            .map((id) => ({ id, object: "model", created: 0, owned_by: "mock" })),
        });
      if (path === "/stats") {
        flushLog();
        return sendJson(response, 200, stats());
      }
      if (path === "/control" && request.method === "POST") {
        try {
          const { reset: wanted, ...changes } = JSON.parse(raw || "{}");
          configure(changes);
          if (wanted) reset();
          return sendJson(response, 200, options);
        } catch (error) {
          return sendError(response, 400, error.message, "control");
        }
      }
      sendError(response, 404, `no such path: ${request.method} ${path}`, "invalid_request_error");
    });
  }

  configure(given);
  reset();
  const server = http.createServer({ keepAliveTimeout: 60_000 }, handle);
  const flusher = setInterval(flushLog, 250).unref();
  server.on("close", () => {
    clearInterval(flusher);
    flushLog();
  });
  return { server, stats, reset, configure, flushLog };
}

// ---------------------------------------------------------------- command line

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const flags = {
    host: { type: "string", default: "127.0.0.1" }, // comma list: the same port on each
    port: { type: "string", default: "8901" },
    faults: { type: "string", default: "" },
  };
  for (const [name, value] of Object.entries(DEFAULTS))
    if (name !== "faults") flags[name] = { type: typeof value === "boolean" ? "boolean" : "string" };
  const { values } = parseArgs({ options: flags });
  const { host, port, faults, ...rest } = values;
  for (const [name, value] of Object.entries(rest)) if (typeof DEFAULTS[name] === "number") rest[name] = Number(value);
  rest.faults = Object.fromEntries(
    faults
      .split(",")
      .filter(Boolean)
      .map((pair) => [pair.split("=")[0], Number(pair.split("=")[1])]),
  );
  const mock = createMockServer(rest);
  const [first, ...others] = host.split(",");
  mock.server.listen(Number(port), first, () => {
    const { port: chosen } = mock.server.address();
    for (const other of others)
      net.createServer((socket) => mock.server.emit("connection", socket)).listen(chosen, other);
    console.log(`mock endpoint at http://${first}:${chosen}/v1`);
  });
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.on(signal, () => {
      mock.flushLog();
      process.exit(0);
    });
  }
}
