public import OpenIDConnect
import Upstream

/// What is particular about a provider that speaks OAuth 2.0: where it is, what it is asked for, and how a person is read there.
public protocol OAuthProvider: Sendable {
    /// Its name, for operators: `GitHub`.
    var service: String { get }
    var memory: TokenMemory { get }
    /// Whether it wants to be told where the browser comes back to.
    var sendsRedirectURI: Bool { get }
    func endpoints() async throws(ConnectorError) -> OAuthEndpoints
    /// `scope` of the request, in order.
    func scopes(for asked: AskedScopes) -> [String]
    /// What else stands in the address that a browser is sent to.
    func parameters(for asked: AskedScopes) -> [OAuthParameter]
    /// Who has given us the token.
    func identity(in session: OAuthSession) async throws(ConnectorError) -> Identity
    /// Why it could not renew what it goes on using, for operators; nil if all is well.
    var concern: String? { get }
}

extension OAuthProvider {
    public var sendsRedirectURI: Bool { true }
    public var concern: String? { nil }
    public func parameters(for asked: AskedScopes) -> [OAuthParameter] { [] }
}

/// A provider that can be asked again about somebody who is not there.
public protocol RefreshableOAuthProvider: OAuthProvider {
    /// Whether a new access token is fetched though the old one could still be used.
    var alwaysRenews: Bool { get }
}

public struct OAuthParameter: Sendable, Hashable {
    let name: String
    let value: String

    init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A person's tokens, and what is to be found out with them.
public struct OAuthSession: Sendable {
    let tokens: OAuthTokens
    let asked: AskedScopes
    /// What the ID token must repeat; nil at a refresh, which has none.
    let nonce: String?
    /// Who it was at the last time; nil at a sign-in.
    let previous: Identity?
    let api: UpstreamAPI

    var failure: UpstreamFailure { api.failure }
}

extension OAuthSession {
    /// The groups of a person who must be in one of those that the configuration names. If it names none, all.
    func required(_ wanted: [String], of groups: [String], called noun: String = "groups") throws(ConnectorError) -> [String] {
        guard !wanted.isEmpty else { return groups }
        let found = groups.only(wanted)
        guard !found.isEmpty else { throw notAMember("in none of the required \(noun)") }
        return found
    }

    func notAMember(_ reason: String) -> ConnectorError {
        .denied(.notAMember, "the person at \(failure.service) is \(reason)")
    }

    func incomplete(_ reason: String) -> ConnectorError {
        .denied(.incompleteProfile, "the person at \(failure.service) has \(reason)")
    }
}
