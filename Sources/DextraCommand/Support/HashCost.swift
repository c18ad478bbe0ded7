import ArgumentParser
import Passwords

/// bcrypt's cost: the binary logarithm of its rounds. Each step doubles the time of a login.
struct HashCost: Sendable, Hashable {
    let rounds: Int

    /// As in Dex.
    static let standard = HashCost(unchecked: 10)
    /// The same as for `passwords.bcryptCost`: hashes of other costs are not accepted.
    static let accepted = Bcrypt.costs

    init?(_ rounds: Int) {
        guard Self.accepted.contains(rounds) else { return nil }
        self.rounds = rounds
    }

    private init(unchecked rounds: Int) {
        self.rounds = rounds
    }
}

extension HashCost: ExpressibleByArgument, CustomStringConvertible {
    init?(argument: String) {
        guard let rounds = Int(argument) else { return nil }
        self.init(rounds)
    }

    var description: String { "\(rounds)" }
}
