import Bytes

/// How a configuration is read.
public struct LoadOptions: Sendable, Hashable {
    /// Whether keys that nobody knows are warnings instead of problems.
    public var lenient: Bool
    /// Replaces `web.http`, as Dex's `--web-http-addr` does.
    public var webHTTP: ListenAddress?
    /// Replaces `web.https`, as Dex's `--web-https-addr` does.
    public var webHTTPS: ListenAddress?
    /// Replaces `telemetry.http`, as Dex's `--telemetry-addr` does.
    public var telemetryHTTP: ListenAddress?

    public init(
        lenient: Bool = false, webHTTP: ListenAddress? = nil, webHTTPS: ListenAddress? = nil, telemetryHTTP: ListenAddress? = nil
    ) {
        self.lenient = lenient
        self.webHTTP = webHTTP
        self.webHTTPS = webHTTPS
        self.telemetryHTTP = telemetryHTTP
    }
}

/// What is wrong with the keys in this file, for this principal or, if nil, for all services of the web.
public typealias KeytabCheck = (_ path: String, _ principal: String?) -> String?

/// A configuration that can be used, and what is odd about it.
public struct LoadResult: Sendable, Hashable {
    public let configuration: Configuration
    /// In the order of the file; those about the environment come first.
    public let warnings: [Problem]
}

extension Configuration {
    /// Reads a configuration, and checks it as far as that is possible without opening anything but the files of secrets.
    ///
    /// - Parameters:
    ///   - yaml: the text of the file.
    ///   - file: its name, for messages.
    ///   - environment: the variables that the configuration may name, and Dex's switches.
    ///   - checkKeytab: what is wrong with a keytab of Kerberos; nil to leave them alone.
    ///   - readFile: gives the text of a file that the configuration names (`secretFile`, `hashFile`, `jwksFile`).
    /// - Throws: everything that is wrong, at once.
    public static func load(
        yaml: String, file: String, environment: [ExactText: String], options: LoadOptions = LoadOptions(),
        checkKeytab: KeytabCheck? = nil, readFile: @escaping (String) throws -> String
    ) throws(InvalidConfiguration) -> LoadResult {
        let loading = Loading(
            file: file, environment: environment, options: options, checkKeytab: checkKeytab, readFile: readFile)
        let configuration = read(yaml, loading)
        guard let configuration, loading.problems.isEmpty else {
            throw InvalidConfiguration(problems: inOrder(loading.problems), warnings: inOrder(loading.warnings))
        }
        return LoadResult(configuration: configuration, warnings: inOrder(loading.warnings))
    }

    private static func read(_ yaml: String, _ loading: Loading) -> Configuration? {
        for (name, reason) in EnvironmentSwitches(loading.environment).withoutEffect {
            loading.warning(ofVariable: name.text, "has no effect: \(reason)")
        }
        return onlyDocument(yaml, loading).flatMap { schema.read($0, loading) }
    }

    static func onlyDocument(_ yaml: String, _ loading: Loading) -> Located? {
        let document: YAMLDocument
        do throws(YAMLProblem) {
            document = try YAMLDocument(parsing: yaml)
        } catch {
            loading.problem(error.message, hint: error.hint, at: error.position)
            return nil
        }
        for duplicate in document.duplicates {
            loading.problem(
                "the key \(quoted(duplicate.key)) is written twice", hint: "it is already in line \(duplicate.first.line)",
                at: duplicate.second)
        }
        return Located(value: document.root, path: Path())
    }

    static func inOrder(_ problems: Set<Problem>) -> [Problem] {
        problems.sorted {
            ($0.line, $0.column, $0.path.exact, $0.message.exact) < ($1.line, $1.column, $1.path.exact, $1.message.exact)
        }
    }
}
