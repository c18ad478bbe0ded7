import Bytes
import FoundationEssentials
import JOSE

/// RFC 6749 §6 with rotation and theft detection (RFC 9700 §4.14.2).
struct RefreshTokenGrant: Grant {
    private let parts: ProviderParts

    init(_ parts: ProviderParts) {
        self.parts = parts
    }

    private static let refused = OAuthError(.invalidGrant, "The refresh token is unknown, expired, used or revoked.")

    private struct Asked {
        let call: ConnectorCall
        let connector: any RefreshConnector
    }

    /// How a presented token stands to its family.
    private enum Standing {
        /// The newest one: it is used, and replaced if tokens rotate.
        case current
        /// Used within the reuse interval: the newest is answered once more, and nothing changes.
        case repeated(RefreshToken)
        /// One that was replaced: someone has a token that is not theirs.
        case stolen
        /// Never issued.
        case invented
    }

    func answer(_ parameters: RequestParameters, from client: Client) async throws(OAuthError) -> TokenResponse {
        guard let text = parameters["refresh_token"] else {
            throw OAuthError(.invalidRequest, "The parameter refresh_token is missing.")
        }
        guard let token = RefreshToken(parsing: text) else { throw Self.refused }
        let now = parts.clock.now
        let grant = try await find(token, of: client)
        guard isAlive(grant, now: now), let connector = connector(of: grant, client: client) else { throw Self.refused }
        let scopes = try narrowed(parameters.words("scope"), to: grant.scopes)

        let subject: TokenSubject
        let issued: TokenIssuer.Issued
        let next: RefreshToken
        switch standing(of: token, in: grant, now: now) {
        case .current:
            let used = try await used(grant, asking: connector, now: now)
            subject = TokenSubject(used, scopes: scopes)
            issued = try await parts.sign(subject)
            next = try await rotate(token, of: used, now: now)
        case .repeated(let current):
            subject = TokenSubject(grant, scopes: scopes)
            issued = try await parts.sign(subject)
            next = current
        case .stolen:
            throw await stolen(grant)
        case .invented:
            throw Self.refused
        }
        return parts.answer(
            issued, to: subject, grant: .refreshToken, refreshToken: next, reportsScope: !scopes.isExactly(grant.scopes))
    }

    private func find(_ token: RefreshToken, of client: Client) async throws(OAuthError) -> RefreshGrant {
        let found: RefreshGrant?
        do { found = try await parts.grants.refreshGrant(id: token.grantID) } catch {
            throw OAuthError(error, doing: "find a refresh grant", toldTo: parts.events)
        }
        // Another client's token is refused and left alone: its owner has done nothing wrong.
        guard let found, found.clientID.hasSameBytes(as: client.id) else { throw Self.refused }
        return found
    }

    private func isAlive(_ grant: RefreshGrant, now: Date) -> Bool {
        let policy = parts.settings.refresh
        let isYoung = policy.absoluteLifetime == .zero || now < grant.createdAt + policy.absoluteLifetime.timeInterval
        let isInUse = policy.idleLifetime == .zero || now < grant.lastUsedAt + policy.idleLifetime.timeInterval
        return isYoung && isInUse
    }

    private func connector(of grant: RefreshGrant, client: Client) -> Asked? {
        guard client.allows(connector: grant.authentication.connectorID),
            let entry = parts.connectors[grant.authentication.connectorID], entry.canRefresh
        else { return nil }
        guard let connector = entry.connector as? any RefreshConnector else { return nil }
        return Asked(call: ConnectorCall(entry: entry, events: parts.events), connector: connector)
    }

    /// `scope` may only take away (RFC 6749 §6), for this answer.
    private func narrowed(_ asked: [String], to granted: [String]) throws(OAuthError) -> [String] {
        if asked.isEmpty { return granted }
        guard asked.allSatisfy(granted.containsExactly) else {
            throw OAuthError(.invalidScope, "The scope asks for more than was granted.")
        }
        return asked
    }

    private func standing(of token: RefreshToken, in grant: RefreshGrant, now: Date) -> Standing {
        let policy = parts.settings.refresh
        // Without an interval never, though the last use may lie in the future: of a request that began later and was faster,
        // or by another machine's clock.
        let isWithinReuse =
            policy.reuseInterval > .zero && now < grant.lastUsedAt + policy.reuseInterval.timeInterval
        if constantTimeEquals(token.secretHash, grant.secretHash) {
            return isWithinReuse ? .repeated(token) : .current
        }
        let keys = parts.sealers.derivationKeys
        if let previous = grant.previousSecretHash, constantTimeEquals(token.secretHash, previous) {
            let successors = isWithinReuse ? keys.lazy.map(token.successor) : [].lazy.map(token.successor)
            return successors.first { constantTimeEquals($0.secretHash, grant.secretHash) }.map(Standing.repeated) ?? .stolen
        }
        return token.wasIssued(with: keys) ? .stolen : .invented
    }

    /// The grant as it is after this use, with what the connector says of the person now. Nothing is stored yet.
    private func used(
        _ grant: RefreshGrant, asking asked: Asked, now: Date
    ) async throws(OAuthError) -> RefreshGrant {
        var updated = grant
        updated.lastUsedAt = now
        do {
            let found = try await asked.call.refresh(with: asked.connector, grant.authentication, scopes: grant.scopes)
            updated.authentication.identity = found.identity
            // The person stays the same, whatever a directory says about its ids later.
            updated.authentication.identity.userID = grant.authentication.identity.userID
            updated.authentication.connectorData = found.connectorData
        } catch {
            throw OAuthError(refreshing: error)
        }
        return updated
    }

    /// Stores the use, and with it the token that comes next.
    private func rotate(_ token: RefreshToken, of used: RefreshGrant, now: Date) async throws(OAuthError) -> RefreshToken {
        var updated = used
        var next = token
        if parts.settings.refresh.rotates, let key = parts.sealers.derivationKeys.first {
            next = token.successor(key: key)
            updated.previousSecretHash = token.secretHash
            updated.secretHash = next.secretHash
        }
        let isFirst: Bool
        do { isFirst = try await parts.grants.rotate(updated, expecting: token.secretHash) } catch {
            throw OAuthError(error, doing: "rotate a refresh token", toldTo: parts.events)
        }
        return isFirst ? next : try await afterLosingARace(token, of: used, now: now)
    }

    /// Another request used the same token a moment ago.
    private func afterLosingARace(
        _ token: RefreshToken, of grant: RefreshGrant, now: Date
    ) async throws(OAuthError) -> RefreshToken {
        let found: RefreshGrant?
        do { found = try await parts.grants.refreshGrant(id: grant.id) } catch {
            throw OAuthError(error, doing: "find a refresh grant", toldTo: parts.events)
        }
        guard let found else { throw Self.refused }
        guard case .repeated(let current) = standing(of: token, in: found, now: now) else { throw await stolen(found) }
        return current
    }

    private func stolen(_ grant: RefreshGrant) async -> OAuthError {
        parts.events.record(.replayDetected(kind: "refresh token", clientID: grant.clientID, grantID: grant.id))
        await parts.revoke(grantID: grant.id)
        return Self.refused
    }
}

extension OAuthError {
    /// A directory that is down logs nobody out: the token stays valid, and the client is told to try again.
    fileprivate init(refreshing error: ConnectorError) {
        switch error {
        case .unavailable, .overloaded: self.init(.temporarilyUnavailable, "The user's directory cannot be asked now, try again.")
        case .gone, .refused, .denied: self.init(.invalidGrant, "The user may no longer log in.")
        }
    }
}
