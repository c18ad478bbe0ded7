import Bytes

/// The form for a name and a password. Scripts that drive Dex's form find the same one here.
public struct LoginPage: Sendable, Hashable {
    /// What the name is called.
    public enum UsernamePrompt: Sendable, Hashable {
        case email
        case username
        /// A connector's own words (`usernamePrompt`), shown as they are in every language.
        case custom(String)
    }

    /// Why the form is shown again. The words never say whether the user exists.
    public enum Failure: Sendable, Hashable {
        /// Answer 401.
        case invalidCredentials
        /// Answer 429. `retryAfter` in seconds.
        case tooManyAttempts(retryAfter: Int?)
        /// Answer 503: nothing was checked.
        case unavailable
    }

    /// The path and query of this page itself.
    public var postURL: String
    /// Filled in already: the login hint, or what was typed before.
    public var username: String
    public var usernamePrompt: UsernamePrompt
    public var failure: Failure?
    /// A path on this server, where another connector can be chosen. Anything else is not shown.
    public var backLink: String?
    /// Who is waiting for the sign-in.
    public var clientName: String?
    /// The state of the checkbox `remember_me`; nil for no checkbox.
    public var rememberMe: Bool?

    public init(
        postURL: String, username: String = "", usernamePrompt: UsernamePrompt = .username, failure: Failure? = nil,
        backLink: String? = nil, clientName: String? = nil, rememberMe: Bool? = nil
    ) {
        self.postURL = postURL
        self.username = username
        self.usernamePrompt = usernamePrompt
        self.failure = failure
        self.backLink = backLink
        self.clientName = clientName
        self.rememberMe = rememberMe
    }

    func fill(_ values: inout TemplateValues, _ words: Words) {
        // Without an action a form posts to the page's own address, which is what is meant.
        values.set("postURL", PageURL(local: postURL))
        values.setUnlessEmpty("username", username)
        values.set("signInTo", words.client(clientName, .signInTo))
        values.set("back", backLink.flatMap { PageURL(local: $0) })
        values.set("remember", rememberMe != nil)
        values.set("remembered", rememberMe == true)
        switch usernamePrompt {
        case .email: values.set("prompt", words.html(.emailAddress))
        case .username: values.set("prompt", words.html(.username))
        case .custom(let text): values.set("prompt", text)
        }
        switch failure {
        case nil: break
        case .invalidCredentials:
            values.set("invalid", true)
            values.set("failure", words.html(.invalidCredentials))
        case .tooManyAttempts(let retryAfter?):
            values.set("failure", words.html(.tooManyAttemptsFor, ["time": words.time(seconds: retryAfter)]))
        case .tooManyAttempts(nil):
            values.set("failure", words.html(.tooManyAttempts))
        case .unavailable:
            values.set("failure", words.html(.unavailable))
        }
    }
}

extension Words {
    /// The phrase about a client; nil if there is no name to say.
    func client(_ name: String?, _ phrase: Phrase) -> HTML? {
        guard let name, !name.isEmpty else { return nil }
        return html(phrase, ["client": name])
    }
}
