"""Peer runner: distilabel. Prints one RESULT line."""
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", DISTILABEL_LOG_LEVEL="WARNING")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer_common import arguments, prompts, report, seed_rows  # noqa: E402

args = arguments(batch=(int, 0), max_retries=(int, 6))
os.makedirs(args.out, exist_ok=True)

from pydantic import BaseModel, Field  # noqa: E402

from distilabel.models.llms import OpenAILLM  # noqa: E402
from distilabel.pipeline import Pipeline  # noqa: E402
from distilabel.steps import LoadDataFromDicts  # noqa: E402
from distilabel.steps.tasks import TextGeneration  # noqa: E402


class Item(BaseModel):
    question: str
    answer: str
    difficulty: int = Field(ge=1, le=5)


class Judgement(BaseModel):
    reasoning: str
    score: int = Field(ge=1, le=5)


def llm(schema=None):
    return OpenAILLM(
        model="mock", base_url=args.base_url, api_key="sk-mock", max_retries=args.max_retries,
        structured_output={"schema": schema} if schema else None,
        generation_kwargs={"temperature": 0.7, "max_new_tokens": 512},
    )


def task(name, template, columns, output, schema=None):
    return TextGeneration(
        name=name, llm=llm(schema), template=template, columns=columns, input_batch_size=batch,
        output_mappings={"generation": output, "model_name": name + "_model"}, add_raw_output=False, add_raw_input=False,
    )


if __name__ == "__main__":
    # One batch is one asyncio.gather: the batch size is the only bound on concurrency.
    batch = args.batch or args.concurrency
    P = prompts("{{ topic }}", "{{ a }}", "{{ b }}")
    with Pipeline(name="bench", cache_dir=os.path.join(args.out, "cache")) as pipeline:
        load = LoadDataFromDicts(data=seed_rows(args), batch_size=batch)
        first = task("ask", P["a"], ["topic"], "a", Item if args.shape == "structured" else None)
        if args.shape == "chain":
            load >> first >> task("answer", P["b"], ["a"], "b") >> task("judge", P["c"], ["topic", "b"], "c", Judgement)
        else:
            load >> first
    # A resume is the same program again with the cache on, which is the default.
    distiset = pipeline.run(use_cache=True)
    rows = distiset["default"]["train"]
    report(args, list(rows["id"]), list(rows["c" if args.shape == "chain" else "a"]))
