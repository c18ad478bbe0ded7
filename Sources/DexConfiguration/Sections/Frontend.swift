import Bytes

extension Configuration {
    /// How the pages look.
    public struct Frontend: Sendable, Hashable {
        /// A directory of templates and static files; nil: those in the program.
        public var directory: String?
        /// `light` or `dark`; with a directory also any of its themes.
        public var theme = "auto"
        /// The name that the pages show.
        public var issuer = "dex"
        /// A URL, or a path relative to the issuer's.
        public var logoURL = "theme/logo.png"
        /// For templates of one's own.
        public var extra: [ExactText: String] = [:]
    }
}

extension Configuration.Frontend {
    /// What holds when the section is absent.
    init(environment: [ExactText: String]) {
        directory = EnvironmentSwitches(environment).frontendDirectory
    }

    static var schema: Schema<Self> {
        .mapping { keys in
            let defaults = Self(environment: keys.loading.environment)
            let directory = keys("dir", .text) ?? defaults.directory
            return Self(
                directory: directory,
                theme: keys("theme", theme(inDirectory: directory != nil), default: defaults.theme),
                issuer: keys("issuer", .text, default: defaults.issuer),
                logoURL: keys("logoURL", .text, default: defaults.logoURL),
                extra: keys("extra", .dictionary, default: [:]))
        }
    }

    /// `coreos` and `tectonic` are old names in Dex.
    private static func theme(inDirectory: Bool) -> Schema<String> {
        Schema<String>.text.map { name throws(Mistake) in
            switch name {
            case "auto", "light", "dark": return name
            case "coreos", "tectonic": return "light"
            default:
                guard inDirectory else {
                    throw Mistake(
                        "unknown theme \(quoted(name))", hint: "one of auto, light, dark; other themes need frontend.dir")
                }
                return name
            }
        }
    }
}
