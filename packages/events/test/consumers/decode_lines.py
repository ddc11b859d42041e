# Follows the Python example of the page for consumers: reads one record a line in hex, and writes what
# `decode` makes of it.
import datetime, struct, sys


def plain(value):
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, uuid.UUID):
        return "fixed " + value.bytes.hex()
    if isinstance(value, datetime.datetime):
        since_1970 = value - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return "integer " + str(since_1970 // datetime.timedelta(milliseconds=1))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return "integer " + str(value)
    if isinstance(value, float):
        return "double " + struct.pack(">d", value).hex()
    return "text " + value


for line in sys.stdin:
    print(json.dumps(plain(decode(bytes.fromhex(line)))))
