"""What the service adds to the network and the codecs."""

from app.threads import cores
from benchmarks import bare
from benchmarks.codecs import codec_core_seconds
from benchmarks.effort import Effort
from benchmarks.loads import bounded, run_closed
from benchmarks.pictures import squares
from benchmarks.report import Requirement, Section, Table
from benchmarks.server import running

TITLE = "Overhead"
CLIENTS = 8
AT_MOST = 1.10


def measure(effort: Effort) -> Section:
    """Compare the time of a request under load with that of its network and codecs alone."""
    uploads = squares()
    requests, seconds = effort.of((200, 120.0), (16, 30.0))
    engine = bare.measure("limpid", "auto", [512], effort.of(30, 5))[0].core_seconds
    with running() as server:
        answer = server.post(uploads.path, uploads.files[0])
        codec = codec_core_seconds(uploads.files[0], answer, effort.of(30, 5))
        run_closed(server.port, bounded(uploads.requests, 2 * CLIENTS, seconds), CLIENTS)
        cpu = server.cpu_seconds()
        run = run_closed(server.port, bounded(uploads.requests, requests, seconds), CLIENTS)
        served = (server.cpu_seconds() - cpu) / len(run.answers)
    least = (engine + codec) / cores()
    wall, client = run.wall / len(run.answers), run.client_cpu / len(run.answers)
    ratio = (wall - client / cores()) / least
    rows = [
        ["network alone, core-seconds", f"{1000 * engine:.1f} ms"],
        ["decoding and encoding alone, core-seconds", f"{1000 * codec:.1f} ms"],
        [f"both, spread over {cores()} cores", f"{1000 * least:.1f} ms"],
        ["wall time a request", f"{1000 * wall:.1f} ms"],
        ["client, core-seconds a request", f"{1000 * client:.2f} ms"],
        ["server, core-seconds a request", f"{1000 * served:.1f} ms"],
    ]
    return Section(
        TITLE,
        f"512 x 512 PNG, `photo`, {CLIENTS} clients, {len(run.answers)} requests. The client runs on the same cores: "
        f"ratio = (wall - client / {cores()}) / ((network + codecs) / {cores()}), all per request.",
        [Table(["per request", "time"], rows)],
        [
            Requirement(f"The ratio is at most {AT_MOST:.2f}", f"{ratio:.2f}", ratio <= AT_MOST),
            Requirement("Every request is answered with 200", f"{run.failed} were not", run.failed == 0),
        ],
        [f"In the server's core-seconds, which other processes hardly disturb: {served / (engine + codec):.2f}."],
    )
