/// The browser at the logout endpoint: its binding, and the cookies of ``LogoutFlow`` as they came.
public struct LogoutBrowser: Sendable {
    let binding: BrowserBinding
    let logins: String?
    let departure: String?

    /// - Parameters:
    ///   - binding: a new one for a browser that has none.
    ///   - logins: what ``LogoutFlow/remember(_:in:browser:)`` made.
    ///   - departure: what an earlier ``LogoutAnswer`` has set.
    public init(binding: BrowserBinding, logins: String?, departure: String?) {
        self.binding = binding
        self.logins = logins
        self.departure = departure
    }
}

/// What the browser is told, and which cookies it gets.
public struct LogoutAnswer: Sendable {
    public enum Change: Sendable, Hashable {
        case keep
        case set(String)
        case clear
    }

    public let outcome: LogoutOutcome
    public var logins = Change.keep
    public var departure = Change.keep

    init(_ outcome: LogoutOutcome) {
        self.outcome = outcome
    }
}

public enum LogoutOutcome: Sendable {
    /// Come again with `request` by a GET, to which the browser adds its cookies.
    case again(request: String)
    /// Does the person want this? `request` comes back with the answer.
    case ask(clientName: String?, request: String, uiLocales: [String])
    /// End the session at another site first.
    case leave(ConnectorDestination)
    /// Another site has answered: go on at the callback with this `state`.
    case returned(state: String)
    /// The end: back to the client.
    case end(location: String)
    /// The end: a page.
    case signedOut(uiLocales: [String])
    case refuse(PageError)
}
