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

        public init(id: String, name: String, url: String, type: String) {
            self.id = id
            self.name = name
            self.url = url
            self.type = type
        }
    }

    /// In the order in which they are shown.
    public var connectors: [Connector]
    public var clientName: String?

    public init(connectors: [Connector], clientName: String? = nil) {
        self.connectors = connectors
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
            row.set("initial", name.first.map { String($0).uppercased() } ?? "")
            return row
        }
        values.set("signInTo", words.client(clientName, .signInTo))
        values.set("connectors", rows)
        values.set("some", !rows.isEmpty)
    }
}
