import Bytes
import FoundationEssentials
import JOSE
import OpenIDConnect

/// Finds out what a token proves that nobody has looked into yet.
struct TokenCheck: Sendable {
    let rules: [TokenRule]
    let provider: TokenAuthenticator.Provider?
    let clock: any OpenIDConnect.WallClock
    let log: any IdentityLog
    /// Signatures that are checked at once.
    let checking: Admission

    /// How far clocks of others may be from ours, in seconds.
    static let skew = 60.0
    /// Bytes of a token that is parsed in some microseconds.
    private static let quickLength = 4096

    struct Found {
        let known: KnownToken
        let claimBytes: Int
        /// For how long it is remembered at most.
        let seconds: Double
    }

    /// A signed token of which only the signature is to be checked.
    private struct Candidate {
        let form: TokenForm
        let text: String
        /// From when on it is not accepted any more, in seconds since 1970.
        let end: Double
        /// The numbers of the rules that it fits.
        let rules: [Int]
    }

    /// What can be found out with the keys that are at hand.
    /// - Parameters:
    ///   - places: the numbers of the rules that look for tokens where this one stands.
    ///   - quickly: whether only what takes no longer than reading a request is done, as on an event loop.
    /// - Returns: nil when somebody has to be asked first, or it would take longer: call ``found(_:_:)``.
    func foundNow(_ token: String, _ places: [Int], quickly: Bool) throws(TokenRefusal) -> Found? {
        guard TokenForm.isJWS(token), !quickly || token.utf8.count <= Self.quickLength else { return nil }
        let candidate = try candidate(token, places)
        var refusal: TokenRefusal?
        for number in candidate.rules {
            let rule = rules[number]
            do throws(TokenRefusal) {
                let isVerified = try rule.keys.verifyNow(
                    candidate.form, algorithms: rule.issuer.algorithms, checking: checking, quickly: quickly)
                guard isVerified else { return nil }
                return try believed(candidate, number)
            } catch {
                refusal = Self.weightier(refusal, error)
            }
        }
        throw refusal ?? .wrongAudience
    }

    /// The same, after asking whoever has to be asked.
    func found(_ token: String, _ places: [Int]) async throws(TokenRefusal) -> Found {
        guard TokenForm.isJWS(token) else { return try await opaque(token, places) }
        let candidate = try candidate(token, places)
        var refusal: TokenRefusal?
        for number in candidate.rules {
            let rule = rules[number]
            do throws(TokenRefusal) {
                try await rule.keys.verify(candidate.form, algorithms: rule.issuer.algorithms, checking: checking)
                return try believed(candidate, number)
            } catch {
                refusal = Self.weightier(refusal, error)
            }
        }
        throw refusal ?? .wrongAudience
    }

    /// That an issuer cannot be asked weighs more than that another one's keys do not fit.
    private static func weightier(_ earlier: TokenRefusal?, _ later: TokenRefusal) -> TokenRefusal {
        if let earlier, earlier.kind == .unavailable { earlier } else { later }
    }

    /// What is cheap is looked at first: nobody should make us check signatures of tokens that would be refused anyway.
    private func candidate(_ token: String, _ places: [Int]) throws(TokenRefusal) -> Candidate {
        let form = try TokenForm(token)
        let named = places.filter { rules[$0].issuer.issuer.hasSameBytes(as: form.issuer) }
        guard !named.isEmpty else { throw .invalid("the token's issuer is not trusted here") }
        // Our own clock wrote our own tokens; and a revocation is remembered until its token expires, not longer.
        let isOurs = named.contains { rules[$0].isOurs }
        let now = clock.now.timeIntervalSince1970
        let end = try form.claims.checkTimes(now: now, skew: Self.skew, expirySkew: isOurs ? 0 : Self.skew)
        let fitting = named.filter { form.claims.isFor(rules[$0].issuer.audiences) }
        guard !fitting.isEmpty else { throw .wrongAudience }
        return Candidate(form: form, text: token, end: end, rules: fitting)
    }

    /// The signature is right.
    private func believed(_ candidate: Candidate, _ number: Int) throws(TokenRefusal) -> Found {
        let (rule, claims) = (rules[number], candidate.form.claims)
        var revision = 0
        var tokenID: String?
        if rule.isOurs, let revocations = provider?.revocations {
            guard let id = claims.tokenID else { throw .invalid("the token has no number (jti)") }
            // Before asking: what is added meanwhile makes the next one ask again.
            revision = revocations.revision
            guard !revocations.contains(tokenID: id) else { throw .revoked }
            tokenID = id
        }
        let identity = try identity(rule, claims, candidate.text, candidate.end)
        return Found(
            known: KnownToken(identity: identity, rule: number, tokenID: tokenID, checked: revision),
            claimBytes: candidate.form.jws.payload.count, seconds: rule.issuer.cacheSeconds)
    }

    private func opaque(_ token: String, _ places: [Int]) async throws(TokenRefusal) -> Found {
        // Only the first is asked: a token is not to be shown to servers that have nothing to do with it.
        guard let number = places.first(where: { rules[$0].introspector != nil }), let introspector = rules[number].introspector
        else { throw .invalid("not a token: it is no signed JWT (RFC 7519)") }
        let rule = rules[number]
        let answer: JSONObject
        do throws(TokenRefusal) { answer = try await introspector.claims(of: token) } catch {
            if error.kind == .unavailable {
                log.record(.introspectionFailed(issuer: rule.issuer.issuer, reason: error.reason))
            }
            throw error
        }
        let claims = TokenClaims(all: answer)
        guard claims.isFor(rule.issuer.audiences) else { throw .wrongAudience }
        let seconds = rule.issuer.introspection?.cacheSeconds ?? 0
        let now = clock.now.timeIntervalSince1970
        // The server said that it is active; `exp` is optional in its answer (RFC 7662 §2.2).
        let end =
            answer["exp"] == nil
            ? now + max(seconds, Self.skew)
            : try claims.checkTimes(now: now, skew: Self.skew, expirySkew: Self.skew)
        let identity = try identity(rule, claims, token, end)
        return Found(
            known: KnownToken(identity: identity, rule: number, tokenID: nil, checked: 0),
            claimBytes: JSON.object(answer).serialized().count, seconds: seconds)
    }

    private func identity(
        _ rule: TokenRule, _ claims: TokenClaims, _ token: String, _ end: Double
    ) throws(TokenRefusal) -> EdgeIdentity {
        let groups = rule.reader.groups(claims)
        if groups.count > IdentityReader.groupLimit {
            log.record(.tooManyGroups(issuer: rule.issuer.issuer, subject: claims.subject ?? "", count: groups.count))
        }
        let reading = try rule.reader.identity(claims, groups: groups, token: token, end: end)
        if let event = reading.event { log.record(event) }
        return reading.identity
    }
}
