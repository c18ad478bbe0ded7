/// An error that cannot be sent back to an application.
///
/// Programs read it as they read Dex's: `<h2 class="theme-heading">{title}</h2><p>{message}</p>`. Below stands, in the
/// reader's language, what to do now.
public struct ErrorPage: Sendable, Hashable {
    /// The HTTP status, 400…599.
    public var status: Int
    /// The status in words, as HTTP has it: `Bad Request`.
    public var title: String
    /// What happened, in English; it may be shown to everyone.
    public var message: String
    /// For finding the log line.
    public var requestID: String?
    /// The sign-in has had its answer, which is no reason to worry.
    public var isFinished: Bool

    public init(status: Int, title: String, message: String, requestID: String? = nil, isFinished: Bool = false) {
        self.status = status
        self.title = title
        self.message = message
        self.requestID = requestID
        self.isFinished = isFinished
    }

    func fill(_ values: inout TemplateValues, _ words: Words) {
        values.set("message", message)
        values.set("status", String(status))
        values.set("advice", (isFinished ? .adviceFinished : Self.advice(for: status)).map { words.html($0) })
        values.setUnlessEmpty("requestID", requestID)
    }

    private static func advice(for status: Int) -> Phrase? {
        switch status {
        case 400, 410, 422: .adviceRequest
        case 403: .adviceForbidden
        case 404: .adviceNotFound
        case 429: .adviceTooMany
        case 500...599: .adviceServer
        default: nil
        }
    }
}
