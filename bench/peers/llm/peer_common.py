"""What the Python peer runners share: arguments, the seed rows, the prompts and the RESULT line."""
import argparse
import json
import os


def arguments(**extra):
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url", default="http://127.0.0.1:8901/v1")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--concurrency", type=int, default=256)
    parser.add_argument("--shape", choices=["text", "structured", "chain", "scored"], default="text")
    parser.add_argument("--out", required=True, help="folder for this run's files; kept for a resume")
    parser.add_argument("--resume", action="store_true", help="continue the run in --out, as the peer's documentation says")
    parser.add_argument("--edit", type=int, default=-1, help="row whose topic is changed before the run")
    for name, (kind, default) in extra.items():
        parser.add_argument("--" + name.replace("_", "-"), type=kind, default=default)
    return parser.parse_args()


def topic(i, edit):
    return f"item {i:06d}" + (" (edited)" if i == edit else "")


def seed_rows(args):
    return [{"id": i, "topic": topic(i, args.edit)} for i in range(args.rows)]


# Of the shape "scored", rows are wanted whose score is at most this: 7 of 10.
MOST = 7


def prompts(seed, a, b):
    return {
        "a": f"Write one short exam question about {seed}.",
        "b": f"Answer this question in two sentences: {a}",
        "c": f"Judge this answer to a question about {seed} from 1 to 5: {b}",
    }


def report(args, ids, values):
    """Writes what was made as rows.jsonl: {id, a}; a row without a value is left out."""
    rows = [(int(i), plain(v)) for i, v in zip(ids, values)]
    good = [(i, v) for i, v in rows if v not in (None, "")]
    with open(os.path.join(args.out, "rows.jsonl"), "w") as file:
        file.writelines(json.dumps({"id": i, "a": v}) + "\n" for i, v in good)
    print("RESULT " + json.dumps({"rows": len(rows), "unique": len({i for i, _ in rows}), "good": len({i for i, _ in good})}), flush=True)


def plain(value):
    """A value as JSON knows it; nothing for a missing one."""
    if value is None or (isinstance(value, float) and value != value):
        return None
    return value if isinstance(value, (str, int, float)) else json.loads(json.dumps(value, default=str))
