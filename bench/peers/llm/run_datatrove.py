"""Peer runner: datatrove's InferenceRunner with server_type "endpoint". Prints one RESULT line."""
import gzip
import json
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer_common import arguments, prompts, report, seed_rows  # noqa: E402

from datatrove.data import Document  # noqa: E402
from datatrove.executor import LocalPipelineExecutor  # noqa: E402
from datatrove.pipeline.inference.run_inference import InferenceConfig, InferenceRunner  # noqa: E402
from datatrove.pipeline.writers import JsonlWriter  # noqa: E402

args = arguments(chunk=(int, 500), skip_bad=(int, 0))
args.base_url = args.base_url.removesuffix("/v1")
os.makedirs(args.out, exist_ok=True)
rows = seed_rows(args)

ITEM = {"type": "object", "additionalProperties": False, "required": ["question", "answer", "difficulty"], "properties": {
    "question": {"type": "string"}, "answer": {"type": "string"}, "difficulty": {"type": "integer", "minimum": 1, "maximum": 5}}}
JUDGEMENT = {"type": "object", "additionalProperties": False, "required": ["reasoning", "score"], "properties": {
    "reasoning": {"type": "string"}, "score": {"type": "integer", "minimum": 1, "maximum": 5}}}


def schema(name, value):
    return {"type": "json_schema", "json_schema": {"name": name, "schema": value, "strict": True}}


async def rollout(document, generate):
    async def ask(text, **extra):
        return (await generate({"messages": [{"role": "user", "content": text}], **extra})).text

    topic = document.text
    if args.shape == "structured":
        # Nothing in the runner checks an answer: parsing and asking again is the user's code.
        for _ in range(3):
            try:
                return json.loads(await ask(prompts(topic, "", "")["a"], response_format=schema("item", ITEM)))["question"]
            except ValueError:
                pass
        return None
    a = await ask(prompts(topic, "", "")["a"])
    if args.shape == "text":
        return a
    b = await ask(prompts("", a, "")["b"])
    return json.loads(await ask(prompts(topic, "", b)["c"], response_format=schema("judgement", JUDGEMENT)))["score"]


def documents(data=None, rank=0, world_size=1):
    for row in rows:
        yield Document(text=row["topic"], id=str(row["id"]))


if __name__ == "__main__":
    output = os.path.join(args.out, "output")
    runner = InferenceRunner(
        rollout_fn=rollout,
        config=InferenceConfig(
            server_type="endpoint", endpoint_url=args.base_url, model_name_or_path="mock", api_key="sk-mock",
            default_generation_params={"temperature": 0.7, "max_tokens": 512}, max_concurrent_generations=args.concurrency,
        ),
        output_writer=JsonlWriter(output, output_filename="${rank}_chunk_${chunk_index}.jsonl.gz"),
        checkpoints_local_dir=os.path.join(args.out, "checkpoints"),
        records_per_chunk=args.chunk,
        skip_bad_requests=bool(args.skip_bad),
    )
    # A resume is the same program again: the executor skips finished tasks, the runner reads its checkpoints.
    LocalPipelineExecutor([documents, runner], tasks=1, logging_dir=os.path.join(args.out, "logs")).run()
    ids, values = [], []
    for name in sorted(os.listdir(output)):
        with gzip.open(os.path.join(output, name), "rt") as lines:
            for line in lines:
                row = json.loads(line)
                ids.append(int(row["id"]))
                values.append((row["metadata"].get("rollout_results") or [None])[0])
    report(args, ids, values)
