extension Configuration.StaticClient {
    /// Checks a redirect URI by the rules of the file, for clients that are registered elsewhere.
    /// - Throws: what is wrong with it.
    public static func check(redirectURI text: String) throws(InvalidRedirectURI) {
        do throws(Mistake) {
            _ = try RedirectURI.check(text)
        } catch {
            throw InvalidRedirectURI(message: error.message, hint: error.hint)
        }
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
