/// An authorization response as a form (OAuth 2.0 Form Post Response Mode).
///
/// It submits itself by a script that ``ContentSecurityPolicy/formPost`` allows; without scripts there is a button.
public struct FormPostPage: Sendable, Hashable {
    public struct Field: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The parameters of the response, in their order.
    public var fields: [Field]
    public var clientName: String?
    private let target: PageURL

    /// Nil if `redirectURI` is not an `http` or `https` URL: there is nothing that a form could be posted to.
    public init?(redirectURI: String, fields: [Field], clientName: String? = nil) {
        guard let target = PageURL(redirectURI), target.origin != nil else { return nil }
        self.target = target
        self.fields = fields
        self.clientName = clientName
    }

    func fill(_ values: inout TemplateValues, _ words: Words) {
        values.set("redirectURI", target)
        values.set("lead", words.client(clientName, .continueLeadTo) ?? words.html(.continueLead))
        values.set(
            "fields",
            fields.map { field in
                var row = TemplateValues()
                row.set("name", field.name)
                row.set("value", field.value)
                return row
            })
        values.set("script", HTML.formPostScript)
    }
}
