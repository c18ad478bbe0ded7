/// An answer that is known before anyone asks: discovery, keys, health, a static file.
///
/// It is given to GET and HEAD of exactly this path without a query. With an `ETag` field in the response,
/// `If-None-Match` is honored (RFC 9110 §13.1.2).
public struct ReadyAnswer: Sendable {
    public let path: String
    /// What metrics call it: `/keys`.
    public let name: String
    /// Whether scripts of other origins may read it, where ``CrossOriginRule`` allows their origin.
    public let cors: Bool
    public let response: WebResponse

    public init(path: String, name: String, cors: Bool = false, response: WebResponse) {
        self.path = path
        self.name = name
        self.cors = cors
        self.response = response
    }
}
