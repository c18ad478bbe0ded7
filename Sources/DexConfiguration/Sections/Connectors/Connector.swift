extension Configuration {
    /// Where identities come from.
    public struct Connector: Sendable, Hashable {
        public var id: String
        /// What people see in the list of connectors.
        public var name: String
        public var kind: Kind
        /// Empty: all.
        public var grantTypes: Set<GrantType>
    }
}

extension Configuration.Connector {
    /// The type of a connector with its settings.
    public enum Kind: Sendable, Hashable {
        /// Everybody is the same person, without a question.
        case mockCallback
        /// The same person, after a form.
        case mockPassword(username: String, password: Secret)
        case oidc(OIDC)

        /// Whether it has a password form, and so can serve the password grant.
        public var checksPasswords: Bool {
            switch self {
            case .mockCallback: false
            case .mockPassword: true
            case .oidc: false
            }
        }
    }

    private enum Word: String, CaseIterable {
        case mockCallback, mockPassword
        case oidc
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            let kind = kind(keys)
            let id = keys.required("id", .text)
            let name = keys.required("name", .text)
            let grantTypes = keys("grantTypes", .list(of: .grantType), default: [])
            guard let kind, let id, let name else { return nil }
            return Self(id: id, name: name, kind: kind, grantTypes: Set(grantTypes))
        }
    }

    private static func kind(_ keys: Keys) -> Kind? {
        switch keys.required(
            "type", .connectorType(Word.self), hint: "one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        {
        case .mockCallback:
            // Dex reads the settings of a connector that has none, too, and finds none.
            _ = keys("config", .mapping { _ in () }.expandingEnvironment())
            return .mockCallback
        case .mockPassword:
            return keys.required("config", mockPassword, hint: "write config: {username: …, password: …}")
        case .oidc:
            return keys.required("config", OIDC.schema, hint: "write config: {issuer: …, clientID: …, clientSecret: …}").map(
                Kind.oidc)
        case nil:
            _ = keys("config", .anything)
            return nil
        }
    }

    private static var mockPassword: Schema<Kind> {
        Schema<Kind>.mapping { keys in
            let username = keys.required("username", .text)
            let password = keys.required("password", .secret)
            guard let username, let password else { return nil }
            return .mockPassword(username: username, password: password)
        }.expandingEnvironment()
    }
}

extension Schema where Value: CaseIterable & RawRepresentable<String> {
    /// Like ``word(_:_:)``, and knows that `local` is switched on elsewhere.
    fileprivate static func connectorType(_ type: Value.Type) -> Schema {
        Schema { place, loading in
            guard place.string != "local" else {
                loading.problem("the connector local is not written here", hint: "write enablePasswordDB: true", at: place)
                return nil
            }
            return Schema.word("connector type", type).read(place, loading)
        }
    }
}
