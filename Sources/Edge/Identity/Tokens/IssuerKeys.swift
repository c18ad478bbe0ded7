import Bytes
import JOSE
import OpenIDConnect
import Synchronization
import Upstream

/// The keys of one or several trusted issuers, from wherever they come.
final class IssuerKeys: Sendable {
    /// What makes two rules share keys.
    struct Identity: Hashable, Sendable {
        let issuer: ExactText
        let keys: TrustedIssuer.Keys
        let rootCAs: [ExactText]

        init(_ issuer: TrustedIssuer) {
            self.issuer = issuer.issuer.exact
            keys = issuer.keys
            rootCAs = issuer.rootCAs.map(\.exact)
        }
    }

    enum Source: Sendable {
        case ring(KeyRing)
        case remote(RemoteKeys)
        case inline([VerificationKey])
    }

    let source: Source
    /// Tokens that wait for keys to be fetched.
    private let waiting: Admission

    init(_ source: Source, waitingLimit: Int) {
        self.source = source
        waiting = Admission(limit: waitingLimit)
    }

    /// Checks a signature by the keys that are at hand.
    /// - Parameter quickly: whether only what takes some microseconds is done.
    /// - Returns: false when their issuer has to be asked first, or it would take longer: call
    ///   ``verify(_:algorithms:checking:)``.
    func verifyNow(
        _ form: TokenForm, algorithms: Set<SignatureAlgorithm>, checking: Admission, quickly: Bool
    ) throws(TokenRefusal) -> Bool {
        guard let keys = present, !quickly || form.jws.isVerifiedQuickly(by: keys) else { return false }
        do throws(TokenRefusal) { try Self.check(form, keys, algorithms, checking) } catch {
            // Its issuer may have a new key.
            if case .remote = source, error == Self.unknownKey { return false }
            throw error
        }
        return true
    }

    private var present: [VerificationKey]? {
        switch source {
        case .inline(let keys): keys
        case .ring(let ring): ring.current?.verification
        case .remote(let remote): remote.present?.keys
        }
    }

    /// Checks a signature. A `kid` that is not known yet may be of a new key: then the keys are fetched again, if that was not
    /// done a moment ago.
    func verify(
        _ form: TokenForm, algorithms: Set<SignatureAlgorithm>, checking: Admission
    ) async throws(TokenRefusal) {
        switch source {
        case .inline(let keys): try Self.check(form, keys, algorithms, checking)
        case .ring(let ring): try Self.check(form, await ring.keys.verification, algorithms, checking)
        case .remote(let remote):
            let present = try await wait { () async throws(RelyingPartyError) in try await remote.current() }
            do throws(TokenRefusal) { try Self.check(form, present.keys, algorithms, checking) } catch {
                guard error == Self.unknownKey else { throw error }
                let number = present.number
                let later = try await wait { () async throws(RelyingPartyError) in try await remote.later(than: number) }
                guard let later else { throw error }
                try Self.check(form, later.keys, algorithms, checking)
            }
        }
    }

    /// Fetches what is not there yet or gets old.
    func prefetch() async {
        guard case .remote(let remote) = source else { return }
        // The failure has been told to the log by whoever made the keys.
        _ = try? await remote.current()
    }

    private static let unknownKey = TokenRefusal.invalidForNow("the token is signed with a key that its issuer does not publish")

    private static func check(
        _ form: TokenForm, _ keys: [VerificationKey], _ algorithms: Set<SignatureAlgorithm>, _ checking: Admission
    ) throws(TokenRefusal) {
        guard checking.enter() else { throw .overloaded }
        defer { checking.leave() }
        do throws(JWSError) { _ = try form.jws.verified(by: keys, algorithms: algorithms) } catch {
            switch error {
            case .unknownKey: throw unknownKey
            case .algorithmNotAllowed:
                throw .invalid("the token is signed with an algorithm that is not accepted from its issuer")
            default: throw .invalidForNow("the token's signature is wrong")
            }
        }
    }

    /// Of those who wait for a server there are so many at most: a slow one must not fill the memory.
    private func wait<Value>(
        _ ask: () async throws(RelyingPartyError) -> Value
    ) async throws(TokenRefusal) -> Value {
        guard waiting.enter() else { throw .overloaded }
        defer { waiting.leave() }
        do { return try await ask() } catch {
            throw .unavailable("the keys of the token's issuer cannot be fetched: \(error)")
        }
    }
}

/// Lets so many in at a time, and turns all others away at once.
final class Admission: Sendable {
    private let limit: Int
    private let inside = Atomic(0)

    init(limit: Int) { self.limit = limit }

    func enter() -> Bool {
        if inside.add(1, ordering: .relaxed).newValue <= limit { return true }
        inside.subtract(1, ordering: .relaxed)
        return false
    }

    func leave() { inside.subtract(1, ordering: .relaxed) }
}
