"""gRPC through the reverse proxy, by grpcio on both sides, in clear and over TLS."""
import contextlib, queue, tempfile
from concurrent import futures
from pathlib import Path

import grpc, pytest

from support.certificates import Authority
from support.edge_proxy import OPEN, edge_proxy
from support.ports import free_port


class Service(grpc.GenericRpcHandler):
    """Bytes in, bytes out."""

    def service(self, details):
        kind, behavior = {
            "/t.T/Unary": (grpc.unary_unary_rpc_method_handler, self.unary),
            "/t.T/Fail": (grpc.unary_unary_rpc_method_handler, lambda _, context: context.abort(grpc.StatusCode.NOT_FOUND, "nö")),
            "/t.T/Down": (grpc.unary_stream_rpc_method_handler, lambda count, _: (b"%d" % n for n in range(int(count)))),
            "/t.T/Up": (grpc.stream_unary_rpc_method_handler, lambda messages, _: b"%d" % sum(map(len, messages))),
            "/t.T/EarlyFail": (
                grpc.stream_unary_rpc_method_handler, lambda _, context: context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no more")),
            "/t.T/Both": (grpc.stream_stream_rpc_method_handler, lambda messages, _: messages),
        }.get(details.method, (None, None))
        return kind and kind(behavior)

    def unary(self, message, context):
        metadata = dict(context.invocation_metadata())
        context.set_trailing_metadata((("x-user", metadata.get("x-forwarded-user", "-")), ("x-for", metadata["x-forwarded-for"])))
        return message


@pytest.fixture(scope="module", params=["in clear", "over TLS"])
def channel(request):
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        authority = Authority(folder)
        certificate, key = authority.issue("server")
        credentials = grpc.ssl_server_credentials([(key.read_bytes(), certificate.read_bytes())])
        server = grpc.server(futures.ThreadPoolExecutor(16))
        server.add_generic_rpc_handlers((Service(),))
        port = free_port()
        is_tls = request.param == "over TLS"
        server.add_secure_port(f"127.0.0.1:{port}", credentials) if is_tls else server.add_insecure_port(f"127.0.0.1:{port}")
        server.start()
        stack.callback(lambda: server.stop(None).wait())
        upstream = {"url": f"{'https' if is_tls else 'h2c'}://127.0.0.1:{port}"} | ({"rootCA": str(authority.file)} if is_tls else {})
        policies = [{"path": "/denied/*", "deny": "everybody"}, OPEN]
        proxy = stack.enter_context(edge_proxy(upstream, policies=policies, tls=(certificate, key) if is_tls else None))
        target = f"localhost:{proxy.port}"
        yield stack.enter_context(
            grpc.secure_channel(target, grpc.ssl_channel_credentials(authority.file.read_bytes()))
            if is_tls else grpc.insecure_channel(target))


def test_one_message_each_way(channel):
    answer, call = channel.unary_unary("/t.T/Unary").with_call(b"hi", timeout=30, metadata=[("x-forwarded-user", "forged")])
    assert answer == b"hi" and ("x-user", "-") in call.trailing_metadata() and ("x-for", "127.0.0.1") in call.trailing_metadata()


@pytest.mark.parametrize("method, code, details", [
    ("/t.T/Fail", grpc.StatusCode.NOT_FOUND, "nö"), ("/t.T/None", grpc.StatusCode.UNIMPLEMENTED, "Method not found!"),
    ("/denied/None", grpc.StatusCode.PERMISSION_DENIED, None)])
def test_errors_keep_their_codes(channel, method, code, details):
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(method)(b"", timeout=30)
    assert caught.value.code() == code and (details is None or caught.value.details() == details)


def test_streams(channel):
    assert list(channel.unary_stream("/t.T/Down")(b"1000", timeout=30)) == [b"%d" % n for n in range(1000)]
    assert channel.stream_unary("/t.T/Up")((b"x" * 100_000 for _ in range(100)), timeout=60) == b"10000000"


def test_messages_in_both_directions_wait_for_each_other(channel):
    messages = queue.Queue()
    answers = channel.stream_stream("/t.T/Both")(iter(messages.get, None), timeout=30)
    for number in range(10):
        messages.put(b"%d" % number)
        assert next(answers) == b"%d" % number
    messages.put(None)
    assert list(answers) == []


def test_a_refusal_ends_a_stream_that_is_still_sent(channel):
    with pytest.raises(grpc.RpcError) as caught:
        channel.stream_unary("/t.T/EarlyFail")((b"x" * 100_000 for _ in range(100)), timeout=30)
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_many_calls_at_once(channel):
    calls = [channel.unary_unary("/t.T/Unary").future(b"%d" % n, timeout=60) for n in range(300)]
    assert [call.result() for call in calls] == [b"%d" % n for n in range(300)]


def test_a_deadline_ends_the_call_at_the_backend_too(channel):
    messages = queue.Queue()
    with pytest.raises(grpc.RpcError) as caught:
        next(channel.stream_stream("/t.T/Both")(iter(messages.get, None), timeout=.3))
    messages.put(None)
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
