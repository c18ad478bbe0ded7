extension Configuration {
    /// What signs tokens.
    public enum Signer: Sendable, Hashable {
        /// Keys that are made here, kept in the storage, and replaced from time to time.
        case local(Local)
        /// Keys in files. Not in Dex.
        case files(KeyFiles)
    }
}

extension Configuration.Signer {
    public struct Local: Sendable, Hashable {
        public var rotationPeriod = defaultRotationPeriod
        /// Of keys made from now on. Dex has RS256 and ES256.
        public var algorithm = SigningAlgorithm.RS256

        static let defaultRotationPeriod = Duration.seconds(6 * 3600)
    }

    public struct KeyFiles: Sendable, Hashable {
        /// Paths of private keys in PEM, at least one. The first signs; of the others the public part is published.
        public var keys: [String]
        /// The path of a file that holds the passphrase of all keys.
        public var passphraseFile: String?
        /// Nil: the usual one of the first key's type.
        public var algorithm: SigningAlgorithm?
    }

    private enum Kind: String, CaseIterable {
        case local, file
    }

    /// - Parameter signingKeys: the old name of `keysRotationPeriod`, which holds if that is absent.
    static func schema(signingKeys: Duration?) -> Schema<Self> {
        .mapping { keys in
            switch keys.required("type", .word("signer type", Kind.self), hint: "one of local, file") {
            case .local:
                let local = keys("config", Local.schema(signingKeys: signingKeys).expandingEnvironment())
                return .local(local ?? Local(rotationPeriod: signingKeys ?? Local.defaultRotationPeriod))
            case .file:
                return keys.required(
                    "config", KeyFiles.schema.expandingEnvironment(), hint: "write config: {keys: [signing.pem]}"
                ).map(Self.files)
            case nil:
                _ = keys("config", .anything)
                return nil
            }
        }
    }
}

extension Configuration.Signer.Local {
    fileprivate static func schema(signingKeys: Duration?) -> Schema<Self> {
        .mapping { keys in
            Self(
                rotationPeriod: keys("keysRotationPeriod", .positiveDuration) ?? signingKeys ?? defaultRotationPeriod,
                algorithm: keys("algorithm", .word("signature algorithm"), default: .RS256))
        }
    }
}

extension Configuration.Signer.KeyFiles {
    fileprivate static var schema: Schema<Self> {
        .mapping { mapping in
            let keys = mapping.required("keys", .list(of: .text), hint: "the paths of PEM files")
            let passphraseFile = mapping("passphraseFile", .text)
            let algorithm: SigningAlgorithm? = mapping("algorithm", .word("signature algorithm"))
            guard let keys else { return nil }
            if keys.isEmpty, let written = mapping["keys"], written.elements.isEmpty {
                mapping.loading.problem("empty", hint: "at least one key must sign", at: written)
            }
            return Self(keys: keys, passphraseFile: passphraseFile, algorithm: algorithm)
        }
    }
}
