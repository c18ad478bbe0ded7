import Bytes

/// A person who is about to visit another site.
public struct ConnectorVisit: Sendable {
    /// Where the browser must come back to.
    public let callbackURL: String
    /// The scopes that our client has asked for.
    public let scopes: [String]
    /// `login_hint` of the request.
    public let loginHint: String?
    private let seal: @Sendable ([UInt8]) throws(ConnectorError) -> String

    public init(
        callbackURL: String, scopes: [String], loginHint: String? = nil,
        seal: @escaping @Sendable ([UInt8]) throws(ConnectorError) -> String
    ) {
        self.callbackURL = callbackURL
        self.scopes = scopes
        self.loginHint = loginHint
        self.seal = seal
    }

    /// What must come back unchanged: `state`, `RelayState`. It is base64url and needs no escaping.
    /// - Parameter memory: what the connector wants to know when the browser is back: a nonce, a code verifier, the id of a
    ///   request. It travels encrypted, is bound to this browser and is worth nothing after the sign-in's lifetime.
    public func state(remembering memory: [UInt8] = []) throws(ConnectorError) -> String {
        try seal(memory)
    }
}

/// Where a browser goes to sign in.
public enum ConnectorDestination: Sendable, Hashable {
    /// To an address.
    case address(String)
    /// To an address, by a form that sends itself.
    case form(action: String, fields: [Field])

    public struct Field: Sendable, Hashable {
        @Exact public private(set) var name: String
        @Exact public private(set) var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// What a browser brings back.
public struct ConnectorAnswer: Sendable {
    /// Query and form together.
    public let parameters: RequestParameters
    /// The address that it was to come back to.
    public let callbackURL: String
    /// The scopes that our client has asked for.
    public let scopes: [String]
    /// What ``ConnectorVisit/state(remembering:)`` was given.
    public let memory: [UInt8]
    /// What it returned.
    public let state: String
    /// Who has sent the request; only where the address names the connector (`/callback/{connector}`).
    public let sender: Sender?

    /// The other end of the connection, which may be a proxy that vouches for somebody.
    public struct Sender: Sendable, Hashable {
        /// Its IP address, whatever it says of others in headers; empty on a Unix socket.
        @Exact public private(set) var address: String
        /// In the order of arrival, names in lower case.
        public let headers: [Header]

        public struct Header: Sendable, Hashable {
            @Exact public private(set) var name: String
            @Exact public private(set) var value: String

            init(name: String, value: String) {
                self.name = name
                self.value = value
            }
        }

        public init(address: String, headers: [(name: String, value: String)]) {
            self.address = address
            self.headers = headers.map { Header(name: $0.name.asciiLowercased, value: $0.value) }
        }
    }

    public init(
        parameters: RequestParameters, callbackURL: String, scopes: [String], memory: [UInt8] = [], state: String = "",
        sender: Sender? = nil
    ) {
        self.parameters = parameters
        self.callbackURL = callbackURL
        self.scopes = scopes
        self.memory = memory
        self.state = state
        self.sender = sender
    }
}
