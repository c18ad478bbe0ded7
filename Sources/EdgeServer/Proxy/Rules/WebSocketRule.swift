import Bytes
import NIOHTTP1

/// Which requests open a WebSocket (RFC 6455 §4.1).
struct WebSocketRule: Sendable {
    /// Nil when the request asks for no WebSocket. Other upgrades are not passed on: `h2c` above all would open a way
    /// through on which no request is judged.
    static func isUpgrade(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.version == .http1_1
            && head.headers[canonicalForm: "connection"].contains { $0.hasSameBytesFoldingASCII(as: "upgrade") }
            && head.headers["upgrade"].count == 1
            && head.headers["upgrade"].first?.hasSameBytesFoldingASCII(as: "websocket") == true
            && head.headers["sec-websocket-key"].count == 1
            && !head.headers.contains(name: "transfer-encoding")
            && (head.headers.first(name: "content-length").map { $0 == "0" } ?? true)
    }
}
