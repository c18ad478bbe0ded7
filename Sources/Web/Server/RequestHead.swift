import HTTPTypes
import NIOHTTP1

/// The head of a request that is fit to be answered: RFC 9112 §3 checked, and taken out of NIO's types.
package struct RequestHead: Sendable {
    package let method: HTTPRequest.Method
    package let path: String
    package let query: String
    package let headers: HTTPFields
    /// The client waits for `100 Continue` before it sends the body (RFC 9110 §10.1.1).
    package let expectsContinue: Bool

    package init(_ head: HTTPRequestHead, limits: ServerLimits) throws(RequestRejection) {
        guard head.version.major == 2 || head.version == .http1_1 || head.version == .http1_0 else {
            throw .unsupportedVersion
        }
        guard let method = HTTPRequest.Method(rawValue: head.method.rawValue) else { throw .malformed("the method is no token") }
        self.method = method
        (path, query) = try Self.target(head.uri, method: head.method)
        headers = try Self.fields(head.headers)
        try Self.checkHost(head.headers, version: head.version)
        try Self.checkLength(headers, version: head.version, limits: limits)
        switch headers[.expect]?.lowercased() {
        case nil: expectsContinue = false
        case "100-continue": expectsContinue = head.version == .http1_1
        default: throw .unknownExpectation
        }
    }

    /// Origin form, absolute form (whose authority says nothing that `Host` may not say here) and, for OPTIONS, `*`
    /// (RFC 9112 §3.2).
    private static func target(_ uri: String, method: HTTPMethod) throws(RequestRejection) -> (path: String, query: String) {
        var target = uri[...]
        if target.hasPrefix("http://") || target.hasPrefix("https://") {
            let authority = target.drop { $0 != ":" }.dropFirst(3)
            target = authority.drop { $0 != "/" && $0 != "?" }
            guard authority.startIndex != target.startIndex else { throw .malformed("the target has no host") }
            if target.isEmpty || target.hasPrefix("?") { target = "/" + target }
        } else if target == "*", method == .OPTIONS {
            return ("*", "")
        }
        guard target.hasPrefix("/") else { throw .malformed("the target must be a path") }
        guard target.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }) else {
            throw .malformed("the target contains a character that must be percent-encoded")
        }
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (String(target), "") }
        return (String(target[..<mark]), String(target[target.index(after: mark)...]))
    }

    private static func fields(_ headers: HTTPHeaders) throws(RequestRejection) -> HTTPFields {
        var fields = HTTPFields()
        fields.reserveCapacity(headers.count)
        for (name, value) in headers {
            guard let name = HTTPField.Name(name) else { throw .malformed("a field name is no token") }
            // White space around a value is not part of it (RFC 9112 §5.1), and the parser leaves what stands behind.
            let value = value[...].trimmingSpaces()
            guard HTTPField.isValidValue(value.utf8) else { throw .malformed("the field \(name) has an invalid value") }
            fields.append(HTTPField(name: name, value: value.utf8))
        }
        return fields
    }

    /// Exactly one `Host` (RFC 9112 §3.2); HTTP/2 brings it as `:authority`.
    private static func checkHost(_ headers: HTTPHeaders, version: HTTPVersion) throws(RequestRejection) {
        let hosts = headers["Host"]
        guard hosts.count <= 1, hosts.count == 1 || version == .http1_0 || version.major == 2 else {
            throw .malformed("exactly one Host field is needed")
        }
    }

    private static func checkLength(_ headers: HTTPFields, version: HTTPVersion, limits: ServerLimits) throws(RequestRejection) {
        let length = headers[.contentLength]
        if headers[.transferEncoding] != nil {
            // Two readers could disagree on where such a request ends: request smuggling (RFC 9112 §6.1).
            guard length == nil else { throw .malformed("both Content-Length and Transfer-Encoding are given") }
            guard version != .http1_0 else { throw .malformed("HTTP/1.0 has no Transfer-Encoding") }
        }
        if let length {
            // Digits alone (RFC 9110 §8.6): `+3` would be a number to us, and something else to the next reader.
            guard length.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let bytes = Int(length) else {
                throw .malformed("Content-Length is no number")
            }
            guard bytes <= limits.bodyBytes else { throw .bodyTooLarge(limit: limits.bodyBytes) }
        }
    }
}
