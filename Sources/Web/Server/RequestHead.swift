import Bytes
import HTTPTypes
import NIOHTTP1

/// The head of a request that is fit to be answered: RFC 9112 §3 checked, and taken out of NIO's types.
package struct RequestHead: Sendable {
    package let method: HTTPRequest.Method
    package let path: String
    package let query: String
    package let headers: HTTPFields
    /// Whom the request is for; nil only if HTTP/1.0 does not say.
    package let authority: Authority?
    /// The client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1).
    package let expectsContinue: Bool

    package init(_ head: HTTPRequestHead, limits: ServerLimits) throws(RequestRejection) {
        guard head.version.major == 2 || head.version == .http1_1 || head.version == .http1_0 else {
            throw .unsupportedVersion
        }
        guard let method = HTTPRequest.Method(rawValue: head.method.rawValue) else { throw .malformed("the method is no token") }
        self.method = method
        let target = try Self.target(head)
        (path, query) = (target.path, target.query)
        headers = try Self.fields(head.headers)
        authority = try Self.authority(head, target.authority)
        try Self.checkLength(headers, version: head.version, limits: limits)
        switch headers[.expect]?.asciiLowercased {
        case nil: expectsContinue = false
        case "100-continue": expectsContinue = head.version == .http1_1
        default: throw .unknownExpectation
        }
    }

    private struct Target {
        var path: String
        var query = ""
        /// Of the absolute form, with its scheme.
        var authority: (scheme: String, text: Substring)?
    }

    /// Origin form, absolute form and, for OPTIONS, `*` (RFC 9112 §3.2).
    private static func target(_ head: HTTPRequestHead) throws(RequestRejection) -> Target {
        let uri = head.uri
        // HTTP/2 has fields of their own for the other parts (RFC 9113 §8.3.1).
        if head.version.major == 1 {
            for scheme in ["http", "https"] {
                guard let rest = uri.afterBytes(of: scheme + "://") else { continue }
                let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
                var target = try originForm(rest.utf8[end...].first == UInt8(ascii: "/") ? rest[end...] : "/" + rest[end...])
                target.authority = (scheme, rest[..<end])
                return target
            }
        }
        if uri == "*", head.method == .OPTIONS { return Target(path: "*") }
        return try originForm(uri[...])
    }

    private static func originForm(_ target: Substring) throws(RequestRejection) -> Target {
        guard target.startsWithByte("/") else { throw .malformed("the target must be a path") }
        guard target.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }) else {
            throw .malformed("the target contains a character that must be percent-encoded")
        }
        guard let (path, query) = target.cutOnce(at: "?") else { return Target(path: String(target)) }
        return Target(path: String(path), query: String(query))
    }

    private static func fields(_ headers: HTTPHeaders) throws(RequestRejection) -> HTTPFields {
        var fields = HTTPFields()
        fields.reserveCapacity(headers.count)
        for (name, value) in headers {
            guard let name = HTTPField.Name(name) else { throw .malformed("a field name is no token") }
            // White space around a value is not part of it (RFC 9112 §5.1), and the parser leaves what stands behind.
            let value = value.trimmedOfOptionalWhitespace
            guard HTTPField.isValidValue(value.utf8) else { throw .malformed("the field \(name) has an invalid value") }
            fields.append(HTTPField(name: name, value: value.utf8))
        }
        return fields
    }

    /// Exactly one `Host` (RFC 9112 §3.2), which all readers read alike; HTTP/2 brings it as `:authority`.
    private static func authority(
        _ head: HTTPRequestHead, _ target: (scheme: String, text: Substring)?
    ) throws(RequestRejection) -> Authority? {
        let hosts = head.headers["Host"]
        guard hosts.count <= 1, hosts.count == 1 || head.version == .http1_0 else {
            throw .malformed("exactly one Host field is needed")
        }
        var authority: Authority?
        if let host = hosts.first {
            guard let read = Authority(host) else { throw .malformed("Host is no host name with or without a port") }
            authority = read
        }
        guard let target else { return authority }
        guard let told = Authority(target.text) else { throw .malformed("the target's host is no host name") }
        // The one would be judged, and the other be asked.
        guard authority.map({ same($0, told, scheme: target.scheme) }) ?? true else {
            throw .malformed("the target and Host name different hosts")
        }
        return authority ?? told
    }

    private static func same(_ left: Authority, _ right: Authority, scheme: String) -> Bool {
        left.withoutDefaultPort(scheme: scheme) == right.withoutDefaultPort(scheme: scheme)
    }

    private static func checkLength(_ headers: HTTPFields, version: HTTPVersion, limits: ServerLimits) throws(RequestRejection) {
        let length = headers[.contentLength]
        if let coding = headers[.transferEncoding] {
            // Two readers could disagree on where such a request ends: request smuggling (RFC 9112 §6.1).
            guard length == nil else { throw .malformed("both Content-Length and Transfer-Encoding are given") }
            guard version != .http1_0 else { throw .malformed("HTTP/1.0 has no Transfer-Encoding") }
            guard coding.hasSameBytesFoldingASCII(as: "chunked") else {
                throw .malformed("no transfer coding but chunked is taken")
            }
        }
        if let length {
            // `+3`, `003` and `3, 3` would be a number to us, and something else to the next reader.
            guard let bytes = HTTP1RequestGate.number(length) else { throw .malformed("Content-Length is no number") }
            guard bytes <= limits.bodyBytes else { throw .bodyTooLarge(limit: limits.bodyBytes) }
        }
    }
}
