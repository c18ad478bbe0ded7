public import HTTPTypes

/// The answer of a route: a status, fields and the whole body.
///
/// `Content-Length`, `Date`, the security headers and CORS are added by the server.
/// Field values cannot break the message: ``HTTPTypes`` replaces line breaks and NUL when a value is set.
public struct WebResponse: Sendable {
    public var status: HTTPResponse.Status
    public var headers: HTTPFields
    public var body: [UInt8]

    public init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A body that is JSON already, in UTF-8.
    public static func json(serialized body: [UInt8], status: HTTPResponse.Status = .ok) -> WebResponse {
        WebResponse(status: status, headers: [.contentType: "application/json"], body: body)
    }

    public static func text(_ text: String, status: HTTPResponse.Status = .ok) -> WebResponse {
        WebResponse(status: status, headers: [.contentType: "text/plain; charset=utf-8"], body: Array(text.utf8))
    }

    public static func html(_ html: String, status: HTTPResponse.Status = .ok) -> WebResponse {
        WebResponse(status: status, headers: [.contentType: "text/html; charset=utf-8"], body: Array(html.utf8))
    }

    /// Sends the browser elsewhere. 303 makes it a GET, so that a form's contents are never posted on (RFC 9700 §4.12).
    public static func redirect(_ url: String, status: HTTPResponse.Status = .seeOther) -> WebResponse {
        WebResponse(status: status, headers: [.location: url])
    }

    public static func empty(_ status: HTTPResponse.Status) -> WebResponse {
        WebResponse(status: status)
    }
}
