public import Bytes
public import HTTPTypes

/// One request as routes see it: complete, bounded, and free of any transport.
///
/// The server makes it once the whole body has arrived. Routes never meet a socket, a channel or a framework.
public struct WebRequest: Sendable {
    /// Names this request in every log line about it: 16 hexadecimal digits, or what a trusted proxy called it.
    public let id: String
    public let method: HTTPRequest.Method
    /// As received: percent-encoding untouched, without the query.
    public let path: String
    /// What stood behind the first `?`, without it; empty when there was none.
    public let rawQuery: String
    public let headers: HTTPFields
    /// At most ``ServerLimits/bodyBytes`` bytes.
    public let body: [UInt8]
    /// The address of the person or program that asks, found by ``ClientAddressRule``; empty on a Unix socket.
    public let clientAddress: String
    /// The address of the other end of the connection, which may be a proxy; empty on a Unix socket.
    public let peerAddress: String
    /// The values of the `{name}` segments of the route's pattern, percent-decoded.
    public let parameters: [ExactText: String]

    public init(
        id: String = "0000000000000000",
        method: HTTPRequest.Method = .get,
        path: String,
        rawQuery: String = "",
        headers: HTTPFields = [:],
        body: [UInt8] = [],
        clientAddress: String = "",
        peerAddress: String = "",
        parameters: [ExactText: String] = [:]
    ) {
        self.id = id
        self.method = method
        self.path = path
        self.rawQuery = rawQuery
        self.headers = headers
        self.body = body
        self.clientAddress = clientAddress
        self.peerAddress = peerAddress
        self.parameters = parameters
    }

    /// The value of the first cookie of that name (RFC 6265bis §5.8.3 lists the more specific path first).
    public func cookie(_ name: String) -> String? {
        Cookies.value(of: name, in: headers)
    }
}

extension WebRequest {
    func with(parameters: [ExactText: String]) -> WebRequest {
        WebRequest(
            id: id, method: method, path: path, rawQuery: rawQuery, headers: headers, body: body,
            clientAddress: clientAddress, peerAddress: peerAddress, parameters: parameters)
    }
}
