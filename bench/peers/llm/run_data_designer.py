"""Peer runner: NeMo Data Designer. Prints one RESULT line."""
import os
import sys

os.environ.setdefault("NEMO_TELEMETRY_ENABLED", "false")
os.environ.setdefault("OPENAI_API_KEY", "sk-mock")
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer_common import MOST, arguments, prompts, report, seed_rows  # noqa: E402

import pandas as pd  # noqa: E402
from pydantic import BaseModel, Field  # noqa: E402

import data_designer.config as dd  # noqa: E402
from data_designer.interface import DataDesigner  # noqa: E402


class Item(BaseModel):
    question: str
    answer: str
    difficulty: int = Field(ge=1, le=5)


class Scored(BaseModel):
    question: str
    score: int = Field(ge=1, le=10)


args = arguments(buffer=(int, 1000), groups=(int, 3), no_early_shutdown=(int, 0))
out = args.out
os.makedirs(out, exist_ok=True)
seed_file = os.path.join(out, "seed.parquet")
wanted = args.rows
if args.shape == "scored":
    args.rows = 2 * wanted  # the seed table must be long enough from the start
pd.DataFrame(seed_rows(args)).to_parquet(seed_file)

designer = DataDesigner(
    artifact_path=os.path.join(out, "artifacts"),
    model_providers=[dd.ModelProvider(name="mock", endpoint=args.base_url, provider_type="openai", api_key="OPENAI_API_KEY")],
)
designer.set_run_config(dd.RunConfig(
    buffer_size=args.buffer, max_concurrent_row_groups=args.groups, otel_metrics_port=None,
    disable_early_shutdown=bool(args.no_early_shutdown),
))
model = dd.ModelConfig(
    alias="writer", model="mock", provider="mock", skip_health_check=True,
    inference_parameters=dd.ChatCompletionInferenceParams(temperature=0.7, max_tokens=512, max_parallel_requests=args.concurrency),
)
config = dd.DataDesignerConfigBuilder(model_configs=[model])
config.with_seed_dataset(dd.LocalFileSeedSource(path=seed_file), sampling_strategy=dd.SamplingStrategy.ORDERED)
P = prompts("{{ topic }}", "{{ a }}", "{{ b }}")
if args.shape in ("structured", "scored"):
    config.add_column(dd.LLMStructuredColumnConfig(name="a", prompt=P["a"], model_alias="writer", output_format=Item if args.shape == "structured" else Scored))
else:
    config.add_column(dd.LLMTextColumnConfig(name="a", prompt=P["a"], model_alias="writer"))
if args.shape == "chain":
    config.add_column(dd.LLMTextColumnConfig(name="b", prompt=P["b"], model_alias="writer"))
    config.add_column(dd.LLMJudgeColumnConfig(
        name="c", prompt=P["c"], model_alias="writer",
        scores=[dd.Score(name="quality", description="overall quality", options={1: "bad", 2: "weak", 3: "fair", 4: "good", 5: "great"})],
    ))


def create(rows, resume):
    return designer.create(
        config, num_records=rows, dataset_name="run",
        resume=dd.ResumeMode.ALWAYS if resume else dd.ResumeMode.NEVER,
    ).load_dataset()


if args.shape == "scored":
    # It marks rows but refills none: ask for more by the share that passed, count, and ask again.
    asked, resume = wanted, False
    while True:
        frame = create(asked, resume)
        passed = frame[[value is not None and value["score"] <= MOST for value in frame["a"]]]
        if len(passed) >= wanted:
            break
        asked, resume = asked + max(1, round((wanted - len(passed)) * asked / len(passed))), True
    frame = passed.head(wanted)
else:
    frame = create(args.rows, args.resume)
report(args, frame["id"].tolist(), frame["c" if args.shape == "chain" else "a"].tolist())
