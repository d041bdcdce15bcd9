"""As much of curl as the README uses, for machines without it: -F, -o, -D and a URL."""

import argparse
import sys
from pathlib import Path

import httpx


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-F", dest="form", action="append", default=[])
    parser.add_argument("-o", dest="output", type=Path)
    parser.add_argument("-D", dest="headers", type=Path)
    parser.add_argument("url")
    arguments = parser.parse_args()
    fields = dict(each.split("=", 1) for each in arguments.form)
    files = {name: Path(value[1:]).read_bytes() for name, value in fields.items() if value.startswith("@")}
    data = {name: value for name, value in fields.items() if name not in files}
    answer = httpx.post(arguments.url, files=files, data=data, timeout=60)
    if arguments.headers:
        arguments.headers.write_text("".join(f"{name}: {value}\r\n" for name, value in answer.headers.items()))
    if arguments.output:
        arguments.output.write_bytes(answer.content)
    else:
        sys.stdout.buffer.write(answer.content)


if __name__ == "__main__":
    main()
