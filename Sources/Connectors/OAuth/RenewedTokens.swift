import Bytes
import FoundationEssentials
import JOSE
import OpenIDConnect

/// The tokens that came for a refresh token which the provider then took back.
///
/// When something goes wrong after that, the new refresh token would be lost, and the person logged out by a bad moment. So it
/// is remembered for some minutes, for the next try with the old one. Several who come with the same one at the same time get
/// the same answer, too.
actor RenewedTokens {
    private static let lifetime = 600.0
    private static let limit = 10_000

    private struct Renewal {
        let tokens: OAuthTokens
        let until: Date
    }

    private var known: [[UInt8]: Renewal] = [:]
    private var asking: [[UInt8]: Task<Result<OAuthTokens, ConnectorError>, Never>] = [:]

    func tokens(
        for refreshToken: String, now: Date,
        asking ask: @escaping @Sendable (String) async throws(ConnectorError) -> OAuthTokens
    ) async throws(ConnectorError) -> OAuthTokens {
        var refreshToken = refreshToken
        var key = HashAlgorithm.sha256.hash(Array(refreshToken.utf8))
        // What replaced a token may have been replaced itself.
        for _ in 0..<16 {
            guard let renewal = known[key], now < renewal.until else { break }
            if renewal.tokens.isUsable(at: now) { return renewal.tokens }
            refreshToken = renewal.tokens.refreshToken
            key = HashAlgorithm.sha256.hash(Array(refreshToken.utf8))
        }
        if let task = asking[key] { return try await task.value.get() }
        let token = refreshToken
        let task = Task<Result<OAuthTokens, ConnectorError>, Never> {
            do throws(ConnectorError) { return .success(try await ask(token)) } catch { return .failure(error) }
        }
        asking[key] = task
        let result = await task.value
        asking[key] = nil
        // One that was not replaced can be used again, and the next answer is newer.
        if case .success(let tokens) = result, !tokens.refreshToken.hasSameBytes(as: token) {
            remember(tokens, for: key, now: now)
        }
        return try result.get()
    }

    private func remember(_ tokens: OAuthTokens, for key: [UInt8], now: Date) {
        if known.count >= Self.limit { known = known.filter { now < $0.value.until } }
        // Rather forgotten than without bound.
        if known.count >= Self.limit { known.removeAll() }
        known[key] = Renewal(tokens: tokens, until: now.addingTimeInterval(Self.lifetime))
    }
}
