#!/usr/bin/env python3
"""Tokens that nobody has seen yet: how many a second the edge answers, by one RSA-2048 key that is not the provider's.

By itself:  Benchmarks/edge_tokens.py [--seconds 2] [--rounds 3]
"""
import argparse, base64, json, multiprocessing, os, statistics, subprocess, sys, tempfile, time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.dont_write_bytecode = True

import load
from machine import LOAD_CORE, busy_seconds, processor_seconds

SCRIPT = Path(__file__).with_name("tokens.lua")
ISSUER, AUDIENCE, GROUP = "https://tokens.example.com", "bench", "staff"


def edge_issuer(folder) -> dict:
    """An element of `edge.issuers` that believes the tokens of `make_tokens`."""
    return {"issuer": ISSUER, "audiences": [AUDIENCE], "jwksFile": f"{folder}/jwks.json"}


def make_tokens(folder, count: int, lifetime: int = 86_400) -> Path:
    """A file of so many tokens, a line each, which differ in `jti` only; and `jwks.json` beside it. PyJWT makes them, with all cores,
    about a thousand a second and core."""
    environment = Path(__file__).resolve().parents[1] / ".venv/bin/python"
    python = str(environment) if environment.exists() else sys.executable
    subprocess.run([python, __file__, "--make", str(folder), str(count), str(lifetime)], check=True,
                   preexec_fn=lambda: os.sched_setaffinity(0, range(os.cpu_count() or 1)))
    return Path(folder, "tokens")


def new_token_rate(server_url: str, tokens_file, seconds: float, *, connections: int = 16, server: int | None = None) -> dict:
    """Answers per second to tokens that come once each; ends when they are used up. With the process id of the server also what each
    request cost it, and how busy others kept the cores."""
    with tempfile.TemporaryDirectory() as folder:
        busy, used, own, begun = busy_seconds(), processor_seconds(server) if server else 0, sum(os.times()[2:4]), time.monotonic()
        subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "60s", "-s", str(SCRIPT), server_url,
                        "--", str(tokens_file)], env=os.environ | {"RESULT": f"{folder}/result"}, stdout=subprocess.DEVNULL,
                       check=True, timeout=seconds + 90)
        sample = load.result(folder)
        if server:
            used = processor_seconds(server) - used
            others = busy_seconds() - busy - used - (sum(os.times()[2:4]) - own)
            sample |= {"cpu_us": used / max(1, sample["count"]) * 1e6, "others": max(0, others) / (time.monotonic() - begun)}
        return sample


def _sign(arguments: tuple[str, int, range]) -> list[str]:
    import jwt
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem, until, numbers = arguments
    key = load_pem_private_key(pem.encode(), None)
    claims = {"iss": ISSUER, "sub": "00000000-0000-4000-8000-000000000001", "aud": AUDIENCE, "exp": until, "iat": int(time.time()),
              "email": "jane@example.com", "email_verified": True, "name": "Jane Doe", "preferred_username": "jane",
              "groups": [GROUP, "authors", "data-science", "on-call"]}
    return [jwt.encode(claims | {"jti": f"{until}-{number}"}, key, "RS256", {"kid": "bench"}) for number in numbers]


def _make(folder: str, count: int, lifetime: int):
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    number = key.public_key().public_numbers().n.to_bytes(256, "big")
    jwk = {"kty": "RSA", "kid": "bench", "alg": "RS256", "use": "sig", "e": "AQAB", "n": base64.urlsafe_b64encode(number).rstrip(b"=").decode()}
    Path(folder, "jwks.json").write_text(json.dumps({"keys": [jwk]}))
    until, part = int(time.time()) + lifetime, 500
    with multiprocessing.Pool() as pool, Path(folder, "tokens").open("w") as file:
        for tokens in pool.imap(_sign, ((pem, until, range(n, min(n + part, count))) for n in range(0, count, part))):
            file.writelines(token + "\n" for token in tokens)


def main():
    import limits, server

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    shares = []
    with tempfile.TemporaryDirectory(prefix="dextra-tokens-") as folder:
        tokens = make_tokens(folder, round(options.seconds * 25_000))
        for _ in range(options.rounds):
            port = server.free_port()
            edge = {"http": f"127.0.0.1:{port}", "issuers": [edge_issuer(folder)],
                    "policies": [{"path": "/*", "allow": [{"groups": [GROUP]}]}]}

            def possible() -> float:
                """Seconds for an exchange with the same requests, and a verification."""
                _, verify = limits.signatures("rsa2048", r"^rsa\s+2048 bits.*")
                with limits.nginx(b"") as url:
                    exchange = new_token_rate(url, tokens, 1)["per_second"]
                print(f"possible: {exchange:,.0f} exchanges, {verify:,.0f} verifications")
                return 1 / exchange + 1 / verify
            before = possible()
            # A server that has seen none of them.
            with server.Server(in_memory=True, changes={"edge": edge}) as dextra:
                sample = new_token_rate(f"http://127.0.0.1:{port}/app", tokens, options.seconds, server=dextra.pid)
            shares.append(sample["per_second"] * (before + possible()) / 2)
            print(f"{sample['per_second']:,.0f} new tokens a second, {shares[-1]:.0%} of what is possible, p99 {sample['p99_ms']:.2f} ms, "
                  f"{sample['cpu_us']:.1f} µs of processor each, {sample['failed']} failed; others took {sample['others']:.0%} of a core")
    print(f"median share {statistics.median(shares):.0%}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        _make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
