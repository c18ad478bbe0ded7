import Bytes

/// The choice between several ways to sign in.
public struct ConnectorsPage: Sendable, Hashable {
    public struct Connector: Sendable, Hashable {
        public var id: String
        /// For people: `Sign in with {name}`.
        public var name: String
        /// Where signing in with it begins. A connector whose address a page may not link is left out.
        public var url: String
        /// The configuration's `type`, for an operator's own templates.
        public var type: String
        /// The address of a picture; without one the first letter of the name is shown.
        public var iconURL: String?

        public init(id: String, name: String, url: String, type: String, iconURL: String? = nil) {
            self.id = id
            self.name = name
            self.url = url
            self.type = type
            self.iconURL = iconURL
        }
    }

    /// A question for the e-mail address, whose domain may decide. It is sent by GET as `login_hint`.
    public struct EmailForm: Sendable, Hashable {
        public struct Field: Sendable, Hashable {
            public var name: String
            public var value: String

            public init(name: String, value: String) {
                self.name = name
                self.value = value
            }
        }

        public var action: String
        /// What was typed before.
        public var email: String
        /// The rest of the request, which must not be lost.
        public var fields: [Field]

        public init(action: String, email: String, fields: [Field]) {
            self.action = action
            self.email = email
            self.fields = fields
        }
    }

    /// In the order in which they are shown.
    public var connectors: [Connector]
    public var emailForm: EmailForm?
    public var clientName: String?

    public init(connectors: [Connector], emailForm: EmailForm? = nil, clientName: String? = nil) {
        self.connectors = connectors
        self.emailForm = emailForm
        self.clientName = clientName
    }

    func fill(_ values: inout TemplateValues, _ words: Words) {
        let rows = connectors.compactMap { connector -> TemplateValues? in
            guard let url = PageURL(connector.url) else { return nil }
            let name = connector.name.isEmpty ? connector.id : connector.name
            var row = TemplateValues()
            row.set("connectorURL", url)
            row.set("connectorID", connector.id)
            row.set("connectorType", connector.type)
            row.set("connectorName", name)
            row.set("signInWith", words.html(.signInWith, ["name": name]))
            row.set("icon", connector.iconURL.flatMap { PageURL(local: $0) })
            // characters: a letter for people's eyes
            row.set("initial", name.first.map { String($0).uppercased() } ?? "")
            return row
        }
        values.set("signInTo", words.client(clientName, .signInTo))
        values.set("connectors", rows)
        values.set("some", !rows.isEmpty)
        guard let emailForm, let action = PageURL(local: emailForm.action) else { return }
        values.set("emailAction", action)
        values.setUnlessEmpty("email", emailForm.email)
        values.set(
            "fields",
            emailForm.fields.map { field in
                var row = TemplateValues()
                row.set("name", field.name)
                row.set("value", field.value)
                return row
            })
    }
}
