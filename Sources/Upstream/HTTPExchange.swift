import Bytes

/// Something that sends one HTTP request to a server that we are a client of, and brings its answer.
///
/// Redirects are not followed: where one is expected, the caller decides about its target.
public protocol HTTPExchange: Sendable {
    /// - Throws: an ``UpstreamError`` when there is no complete answer; a status of 400 and above is an answer.
    func send(_ request: UpstreamRequest) async throws(UpstreamError) -> UpstreamResponse
}

/// A request to a server that we are a client of.
public struct UpstreamRequest: Sendable, Hashable {
    public enum Method: String, Sendable, Hashable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case delete = "DELETE"
    }

    public var method: Method
    /// Absolute; `https`, or `http` where the configuration says so.
    public var url: String
    public var headers: [Header]
    public var body: [UInt8]

    public struct Header: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(_ method: Method = .get, _ url: String, headers: [Header] = [], body: [UInt8] = []) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
    }
}

/// What a server answered.
public struct UpstreamResponse: Sendable, Hashable {
    public var status: Int
    public var headers: [UpstreamRequest.Header]
    public var body: [UInt8]

    public init(status: Int, headers: [UpstreamRequest.Header] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public var isSuccess: Bool { 200..<300 ~= status }

    /// The first value of a header, whatever its case.
    public subscript(header name: String) -> String? {
        headers.first { $0.name.hasSameBytesFoldingASCII(as: name) }?.value
    }
}

extension UpstreamResponse {
    /// Whether the body is of this media type, whatever its parameters (RFC 9110 §8.3.1).
    public func isOf(type: String) -> Bool {
        guard let field = self[header: "Content-Type"] else { return false }
        return (field.cutOnce(at: ";")?.before ?? field[...]).trimmedOfOptionalWhitespace.hasSameBytesFoldingASCII(as: type)
    }
}

/// Why there is no answer. Texts are for operators and hold no secret.
public enum UpstreamError: Error, Sendable, Hashable {
    /// No name, no connection, no answer in time, or one that is not HTTP: asking later may help.
    case unreachable(String)
    /// The certificate cannot be trusted.
    case untrusted(String)
    /// The answer is larger than anything that is expected.
    case tooLarge(String)
    /// The address is not one that may be asked.
    case forbidden(String)
    /// Too many wait already.
    case overloaded
}
