import Bytes
import Edge
import JOSE

/// A request as somebody asks about it.
struct AskedRequest {
    var request: EdgeRequest
    /// Beside what the headers may hold.
    var token: String?
    var claims: JSONObject?

    /// - Parameters:
    ///   - text: `GET https://host/path?query`.
    ///   - headers: `name: value`.
    init(_ text: String, headers: [String]) throws(Failure) {
        let words = text.fields(at: " ")
        guard words.count == 2 else {
            throw Failure("\(Printable.line(text)) is not a request; write for example \"GET https://app.example.com/api\"")
        }
        request = try Self.request(method: String(words[0]), url: String(words[1]))
        for header in headers {
            guard let (name, value) = header.cutOnce(at: ":"), !name.isEmpty else {
                throw Failure("\(Printable.line(header)) is not a header; write for example \"Accept: text/html\"")
            }
            request.headers.append(String(name), String(Substring(value.utf8.drop { $0 == UInt8(ascii: " ") })))
        }
    }

    /// - Parameter json: one line of a batch.
    init(json line: String) throws(Failure) {
        guard let object = (try? JSON(parsing: line))?.object else { throw Failure("not a JSON object") }
        guard let url = object["url"]?.string else { throw Failure("no url") }
        request = try Self.request(method: object["method"]?.string ?? "GET", url: url)
        for (name, value) in object["headers"]?.object?.members ?? [] {
            guard let value = value.string else { throw Failure("the header \(Printable.line(name)) is not text") }
            request.headers.append(name, value)
        }
        for pair in object["headers"]?.array ?? [] {
            guard let pair = pair.array, pair.count == 2, let name = pair[0].string, let value = pair[1].string else {
                throw Failure("a header is not a pair of texts")
            }
            request.headers.append(name, value)
        }
        request.clientAddress = object["clientAddress"]?.string ?? ""
        request.peerAddress = object["peerAddress"]?.string ?? ""
        request.peerPrincipal = object["peerPrincipal"]?.string
        request.destinationAddress = object["destinationAddress"]?.string ?? ""
        request.destinationPort = object["destinationPort"]?.integer.flatMap { Int(exactly: $0) }
        request.serverName = object["serverName"]?.string
        request.policySelector = object["selector"]?.string
        token = object["token"]?.string
        claims = object["claims"]?.object
    }

    static func claims(_ text: String) throws(Failure) -> JSONObject {
        guard let claims = (try? JSON(parsing: text))?.object else { throw Failure("the claims are not a JSON object") }
        return claims
    }

    private static func request(method: String, url: String) throws(Failure) -> EdgeRequest {
        let schemes = ["https", "http"].lazy.compactMap { scheme in url.afterBytes(of: scheme + "://").map { (scheme, $0) } }
        guard let (scheme, rest) = schemes.first else {
            throw Failure("\(Printable.line(url)) is not a URL; write for example https://app.example.com/api")
        }
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        guard let authority = Authority(rest[..<end]) else {
            throw Failure("\(Printable.line(String(rest[..<end]))) is not a host, so no request for it is judged")
        }
        let (path, query) = rest[end...].cutOnce(at: "?") ?? (rest[end...], "")
        return EdgeRequest(
            method: method, scheme: scheme, host: authority.text, path: path.isEmpty ? "/" : String(path), query: String(query))
    }
}
