import NIOCore
public import NIOHTTP1

/// Answers that were found earlier and are good for requests that agree in everything that matters. Asked on event loops:
/// whoever fulfils it waits for nothing.
public protocol RememberedReplies: Sendable {
    /// - Parameters:
    ///   - head: of a request without a body, for HTTP/1.1 with keep-alive, and one `Host`.
    ///   - peer: the address at the other end.
    /// - Returns: nil: the request goes the long way.
    func reply(to head: HTTPRequestHead, peer: String) -> PreparedReply?
}

/// The bytes of an answer, but for the date.
public final class PreparedReply: Sendable {
    /// What metrics and logs call it.
    public let name: String
    public let response: WebResponse
    let start: ByteBuffer
    let dateOffset: Int
    let rest: ByteBuffer?

    public init(_ response: WebResponse, name: String) {
        self.name = name
        self.response = response
        let bytes = PreparedBytes(response, counter: PreparedCounter(bytes: response.body.count))
        (start, dateOffset, rest) = (bytes.start, bytes.dateOffset, bytes.rest)
    }
}
