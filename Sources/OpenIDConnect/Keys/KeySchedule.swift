public import FoundationEssentials

/// When keys are made, sign and disappear. Pure arithmetic over stored times, so that every process on one store comes to
/// the same answer at the same moment.
///
/// A successor is stored ``lead`` before it signs: Envoy and other verifiers keep a JWKS for minutes and do not fetch it again
/// on an unknown `kid`.
public struct KeySchedule: Sendable, Hashable {
    /// From one key's activation to the next one's; nil means keys rotate only by hand.
    public let rotationPeriod: Duration?
    /// The life of the tokens that the keys sign.
    public let tokenLifetime: Duration
    /// How long a key is published before it signs.
    public let lead: Duration

    /// Clocks of several machines differ, and a token may be signed a moment after its key was replaced.
    public static let margin: Duration = .seconds(60)

    public init(rotationPeriod: Duration?, tokenLifetime: Duration) {
        self.rotationPeriod = rotationPeriod
        self.tokenLifetime = tokenLifetime
        self.lead = min(rotationPeriod.map { $0 / 2 } ?? .seconds(1800), .seconds(1800))
    }

    /// `max-age` of the JWKS, in seconds: a copy that is fetched before a key is published has expired before it signs.
    public var maximumAge: Int {
        max(1, min(600, Int(lead.timeInterval / 2)))
    }

    /// The key that signs now: the latest activation that has passed.
    public func active(of keys: [StoredSigningKey], at now: Date) -> StoredSigningKey? {
        keys.filter { $0.activatesAt <= now }.max { $0.activatesAt < $1.activatesAt }
    }

    /// Those that a verifier may need now.
    public func published(of keys: [StoredSigningKey], at now: Date) -> [StoredSigningKey] {
        keys.filter { $0.expiresAt.map { now < $0 } ?? true }
    }

    /// When the next key has to be stored; nil while the newest still waits for its turn, or keys rotate only by hand.
    public func successorDue(after newest: StoredSigningKey, now: Date) -> Bool {
        guard let rotationPeriod, newest.activatesAt <= now else { return false }
        return now >= newest.activatesAt + rotationPeriod.timeInterval - lead.timeInterval
    }

    /// When a key stored now may begin to sign.
    public func activation(after newest: StoredSigningKey?, now: Date) -> Date {
        guard let newest else { return now }
        let earliest = now + lead.timeInterval
        guard let rotationPeriod else { return earliest }
        return max(earliest, newest.activatesAt + rotationPeriod.timeInterval)
    }

    /// When a key that somebody asks for now may begin to sign: as soon as every verifier has seen it, however young the
    /// newest key is. Someone who fears for a key does not wait for the end of its period.
    public func activationOnDemand(after newest: StoredSigningKey?, now: Date) -> Date {
        guard let newest else { return now }
        // The newest may still wait for its turn, and the order of the keys is that of their activations.
        return max(now + lead.timeInterval, newest.activatesAt + 1)
    }

    /// When a key whose successor activates at `activation` has no valid token left.
    public func expiry(successorActivatesAt activation: Date) -> Date {
        activation + tokenLifetime.timeInterval + Self.margin.timeInterval
    }
}
