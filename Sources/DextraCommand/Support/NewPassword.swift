import JOSE
import Passwords

/// A password that somebody may have from now on. Prints as `***`.
struct NewPassword: Sendable, Hashable {
    private let bytes: [UInt8]

    /// Counted in Unicode code points, as NIST SP 800-63B §5.1.1.2 does.
    static let minimumCharacters = 8

    init(_ bytes: [UInt8]) throws(PasswordProblem) {
        guard !bytes.isEmpty else { throw .empty }
        guard !bytes.contains(0) else { throw .containsNUL }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .notUTF8 }
        guard text.unicodeScalars.count >= Self.minimumCharacters else { throw .tooShort }
        // bcrypt would ignore what follows: two passwords that differ there would be the same.
        guard bytes.count <= Bcrypt.maximumPasswordBytes else { throw .tooLong(bytes: bytes.count) }
        self.bytes = bytes
    }

    /// bcrypt's text. Takes a good part of a second, by intent.
    func hash(cost: HashCost, random: any RandomSource) throws(Failure) -> String {
        do throws(BcryptError) {
            return try Bcrypt.hash(bytes, cost: cost.rounds, salt: random.bytes(Bcrypt.saltByteCount))
        } catch {
            throw Failure("no hash could be made (\(error)); is libcrypt built with bcrypt?")
        }
    }
}

extension NewPassword: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "***" }
    var debugDescription: String { "***" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a password is none that somebody may have.
enum PasswordProblem: Error, Sendable, Hashable {
    case empty
    case tooShort
    case tooLong(bytes: Int)
    case containsNUL
    /// No login form could ever send it.
    case notUTF8
}

extension PasswordProblem: CustomStringConvertible {
    var description: String {
        switch self {
        case .empty: "no password was given"
        case .tooShort: "the password has too few characters; it needs at least \(NewPassword.minimumCharacters) characters"
        case .tooLong(let bytes):
            "the password has \(bytes) bytes; bcrypt uses the first \(Bcrypt.maximumPasswordBytes) only, so it may not be longer"
        case .containsNUL: "the password has a NUL byte, at which bcrypt would stop reading"
        case .notUTF8: "the password is not UTF-8 text, which is all that a login form can send"
        }
    }
}
