import Bytes
import HTTPTypes

/// Which scripts of other origins may read answers (`web.allowedOrigins`, `web.allowedHeaders`; Fetch §3.2).
///
/// Credentials are never allowed, so `*` lets a page read only what anyone may read.
public struct CrossOriginRule: Sendable {
    private let anyOrigin: Bool
    private let origins: Set<ExactText>
    private let allowedHeaders: String

    /// No other origin may read anything.
    public static let none = CrossOriginRule(allowedOrigins: [])

    /// - Parameters:
    ///   - allowedOrigins: such as `https://app.example.com`, compared as they are; `*` allows all.
    ///   - allowedHeaders: what a script may send. Default: `Authorization`.
    public init(allowedOrigins: [String], allowedHeaders: [String] = ["Authorization"]) {
        anyOrigin = allowedOrigins.containsExactly("*")
        origins = Set(allowedOrigins.map(\.exact))
        self.allowedHeaders = allowedHeaders.joined(separator: ", ")
    }

    var isEmpty: Bool { origins.isEmpty }

    /// Adds what the browser needs to hand the answer to the script; nothing when the origin is not allowed.
    func apply(to response: inout WebResponse, origin: String?) {
        guard !isEmpty else { return }
        if !anyOrigin {
            response.headers.append(HTTPField(name: .vary, value: "Origin"))
        }
        guard let origin, let allowed = allowedValue(for: origin) else { return }
        response.headers[.accessControlAllowOrigin] = allowed
    }

    /// The answer to a preflight request, or `nil` when the request is none.
    func preflight(_ request: WebRequest, methods: [HTTPRequest.Method]) -> WebResponse? {
        guard !isEmpty, request.method == .options, let origin = request.headers[.origin],
            request.headers[.accessControlRequestMethod] != nil
        else { return nil }
        var response = WebResponse.empty(.noContent)
        apply(to: &response, origin: origin)
        if response.headers[.accessControlAllowOrigin] != nil {
            response.headers[.accessControlAllowMethods] = methods.map(\.rawValue).joined(separator: ", ")
            if !allowedHeaders.isEmpty { response.headers[.accessControlAllowHeaders] = allowedHeaders }
            response.headers[.accessControlMaxAge] = "600"
        }
        return response
    }

    private func allowedValue(for origin: String) -> String? {
        if anyOrigin { return "*" }
        return origins.contains(origin.exact) ? origin : nil
    }
}
