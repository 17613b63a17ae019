"""Peer runner: Bespoke Curator. Prints one RESULT line.

Its own cache folder is its resume: running the same program again continues the run.
"""
import os
import sys

os.environ.update(TELEMETRY_ENABLED="false", CURATOR_DISABLE_RICH_DISPLAY="1", HF_HUB_OFFLINE="1", LITELLM_LOCAL_MODEL_COST_MAP="True")
os.environ.setdefault("OPENAI_API_KEY", "sk-mock")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer_common import MOST, arguments, prompts, report, seed_rows  # noqa: E402

args = arguments(max_retries=(int, 10), require_all=(int, 1))
os.makedirs(args.out, exist_ok=True)
os.environ["CURATOR_CACHE_DIR"] = os.path.join(args.out, "cache")

import importlib.util  # noqa: E402

# Curator's OpenAI backend makes tiktoken download a vocabulary at start; litellm ships the same file.
shipped = os.path.join(importlib.util.find_spec("litellm").submodule_search_locations[0], "litellm_core_utils", "tokenizers")
os.environ.setdefault("TIKTOKEN_CACHE_DIR", shipped)

from pydantic import BaseModel, Field  # noqa: E402

from bespokelabs import curator  # noqa: E402
from datasets import Dataset  # noqa: E402


class Item(BaseModel):
    question: str
    answer: str
    difficulty: int = Field(ge=1, le=5)


class Judgement(BaseModel):
    reasoning: str
    score: int = Field(ge=1, le=5)


class Ask(curator.LLM):
    def prompt(self, row):
        return prompts(row["topic"], "", "")["a"]

    def parse(self, row, response):
        return {"id": row["id"], "topic": row["topic"], "a": response}


class AskStructured(Ask):
    response_format = Item

    def parse(self, row, response):
        return {"id": row["id"], "topic": row["topic"], "a": response.question, "difficulty": response.difficulty}


class Scored(BaseModel):
    question: str
    score: int = Field(ge=1, le=10)


class AskScored(Ask):
    response_format = Scored

    def parse(self, row, response):
        return {"id": row["id"], "topic": row["topic"], "a": response.question} if response.score <= MOST else []


class Answer(curator.LLM):
    def prompt(self, row):
        return prompts("", row["a"], "")["b"]

    def parse(self, row, response):
        return {**row, "b": response}


class Judge(curator.LLM):
    response_format = Judgement

    def prompt(self, row):
        return prompts(row["topic"], "", row["b"])["c"]

    def parse(self, row, response):
        return {**row, "c": response.score}


def llm(kind):
    return kind(
        model_name="mock", backend="openai", generation_params={"temperature": 0.7, "max_tokens": 512},
        backend_params={
            "base_url": args.base_url, "max_concurrent_requests": args.concurrency, "max_retries": args.max_retries,
            "max_requests_per_minute": 1_000_000, "max_tokens_per_minute": 1_000_000_000,
            "require_all_responses": bool(args.require_all),
        },
    )


if __name__ == "__main__":
    if args.shape == "scored":
        # A dropped row is not refilled, and a longer data set is another run: only new rows are sent, and the results joined.
        wanted, asked, kept = args.rows, 0, []
        while len(kept) < wanted:
            more = wanted - len(kept) if asked == 0 else max(1, round((wanted - len(kept)) * asked / len(kept)))
            args.rows = asked + more
            kept += llm(AskScored)(Dataset.from_list(seed_rows(args)[asked:])).dataset.to_list()
            asked += more
        kept = kept[:wanted]
        report(args, [row["id"] for row in kept], [row["a"] for row in kept])
        sys.exit(0)
    data = Dataset.from_list(seed_rows(args))
    result = llm(AskStructured if args.shape == "structured" else Ask)(data).dataset
    if args.shape == "chain":
        result = llm(Answer)(result).dataset
        result = llm(Judge)(result).dataset
    report(args, list(result["id"]), list(result["c" if args.shape == "chain" else "a"]))
