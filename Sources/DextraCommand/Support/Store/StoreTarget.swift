import Bytes
import DexConfiguration
import JOSE
import OpenIDConnect

/// The storage that a command works on, and the rules that come with it.
enum StoreTarget: Sendable {
    case configuration(Configuration, path: String)
    /// Defaults hold for everything that a configuration would say.
    case database(String)

    var configuration: Configuration? {
        if case .configuration(let configuration, _) = self { configuration } else { nil }
    }

    /// What the file of the configuration is called, for messages.
    var configurationPath: String? {
        if case .configuration(_, let path) = self { path } else { nil }
    }

    /// The path of the database.
    func databasePath() throws(Failure) -> String {
        switch self {
        case .database(let path):
            guard !path.isEmpty else { throw Failure("--database is empty; give the path of the SQLite file") }
            return path
        case .configuration(let configuration, let path):
            switch configuration.storage {
            case .sqlite3(let file): return file
            case .memory:
                throw Failure("\(path): its storage is memory, which only the server itself can reach; set storage.type: sqlite3")
            }
        }
    }

    var hashCost: HashCost {
        configuration?.passwords.bcryptCost.flatMap { HashCost($0) } ?? .standard
    }

    /// Of ID and access tokens.
    var tokenLifetime: Duration {
        (configuration?.expiry ?? .standard).idTokens
    }

    /// When keys take turns.
    /// - Throws: for keys in files, which take turns when the files change.
    func keySchedule() throws(Failure) -> KeySchedule {
        KeySchedule(rotationPeriod: try localSigner().rotationPeriod, tokenLifetime: tokenLifetime)
    }

    /// What the configuration says about new keys; nil without one.
    func keyAlgorithm() throws(Failure) -> SignatureAlgorithm? {
        guard configuration != nil else { return nil }
        return SignatureAlgorithm(rawValue: try localSigner().algorithm.rawValue)
    }

    private func localSigner() throws(Failure) -> Configuration.Signer.Local {
        switch self {
        case .database: return .standard
        case .configuration(let configuration, let path):
            switch configuration.signer {
            case .local(let local): return local
            case .files(let files):
                throw Failure(
                    "\(path): its keys are files (\(files.keys.joined(separator: ", "))); change signer.config.keys to change them"
                )
            }
        }
    }

    /// The user of that e-mail in the file, who hides one in the storage.
    func staticUser(_ email: String) -> Configuration.StaticPassword? {
        configuration?.staticPasswords.first { $0.email.hasSameBytesFoldingASCII(as: email) }
    }

    /// The client of that id in the file, which hides one in the storage.
    func staticClient(_ id: String) -> Configuration.StaticClient? {
        configuration?.staticClients.first { $0.id.hasSameBytes(as: id) }
    }
}
