import Bytes

/// The question whether a person wants to sign out. Its form posts the field `request` to ``postURL``.
public struct LogoutPage: Sendable, Hashable {
    /// Where the answer goes; an address on this server.
    public var postURL: String
    /// The application that asks, if it is known.
    public var clientName: String?
    /// The value of the field `request`.
    public var request: String

    public init(postURL: String, clientName: String? = nil, request: String) {
        self.postURL = postURL
        self.clientName = clientName
        self.request = request
    }

    func fill(_ values: inout TemplateValues, _ words: Words) {
        values.set("postURL", PageURL(local: postURL))
        let question =
            clientName.flatMap { $0.isEmpty ? nil : words.html(.signOutOf, ["client": $0]) } ?? words.html(.signOutQuestion)
        values.set("question", question)
        values.set("request", request)
    }
}
