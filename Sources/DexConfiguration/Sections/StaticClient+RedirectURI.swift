extension Configuration.StaticClient {
    /// Checks a redirect URI by the rules of the file, for clients that are registered elsewhere.
    /// - Throws: what is wrong with it.
    public static func check(redirectURI text: String) throws(InvalidRedirectURI) {
        try check(text, RedirectURI.check)
    }

    /// Tells what is wrong with an address for a browser that has logged out, wherever it was written.
    public static func check(postLogoutRedirectURI text: String) throws(InvalidRedirectURI) {
        try check(text, RedirectURI.checkAfterLogout)
    }

    private static func check(
        _ text: String, _ rule: (String) throws(Mistake) -> String
    ) throws(InvalidRedirectURI) {
        do { _ = try rule(text) } catch { throw InvalidRedirectURI(message: error.message, hint: error.hint) }
    }
}

/// A text that cannot be registered as redirect URI.
public struct InvalidRedirectURI: Error, Sendable, Hashable {
    /// What is wrong.
    public let message: String
    /// What would be right, when that can be said.
    public let hint: String?
}

extension InvalidRedirectURI: CustomStringConvertible {
    public var description: String { message + (hint.map { "; \($0)" } ?? "") }
}
