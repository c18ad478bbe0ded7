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
            guard let colon = header.firstByte(":"), colon > header.startIndex else {
                throw Failure("\(Printable.line(header)) is not a header; write for example \"Accept: text/html\"")
            }
            let value = header[header.index(after: colon)...].drop { $0 == " " }
            request.headers.append(String(header[..<colon]), String(value))
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
        guard let scheme = ["https", "http"].first(where: { url.startsWithBytes(of: $0 + "://") }) else {
            throw Failure("\(Printable.line(url)) is not a URL; write for example https://app.example.com/api")
        }
        let rest = url.dropFirst(scheme.count + 3)
        let host = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest.dropFirst(host.count)
        let path = target.prefix { $0 != "?" }
        return EdgeRequest(
            method: method, scheme: scheme, host: host.asciiLowercased, path: path.isEmpty ? "/" : String(path),
            query: String(target.dropFirst(path.count + 1)))
    }
}
