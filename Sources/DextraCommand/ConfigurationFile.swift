import DexConfiguration
import Dextra
import FoundationEssentials
import Glibc

/// A configuration file on disk.
struct ConfigurationFile: Sendable {
    let path: String
    let options: LoadOptions

    /// Reads and checks it; warnings go to standard error.
    /// - Throws: ``Failure`` with everything that is wrong.
    @Sendable func load() throws -> Configuration {
        let yaml = try text()
        let result: LoadResult
        do throws(InvalidConfiguration) {
            result = try check(yaml)
        } catch {
            throw Failure(error.description)
        }
        for warning in result.warnings { StandardError.write("warning: \(warning.description)\n") }
        return result.configuration
    }

    /// - Throws: ``Failure`` when the file cannot be read.
    func text() throws(Failure) -> String {
        do { return try Self.read(path) } catch { throw Failure("\(path): \(error)") }
    }

    /// - Throws: everything that is wrong with `yaml`, which is the file's text.
    func check(_ yaml: String, checkKeytab: KeytabCheck? = nil) throws(InvalidConfiguration) -> LoadResult {
        try Configuration.load(
            yaml: yaml, file: path, environment: ProcessInfo.exactEnvironment, options: options,
            checkKeytab: checkKeytab, readFile: Self.read)
    }
}

extension ConfigurationFile {
    /// Reads a file of UTF-8 text.
    /// - Throws: the reason alone; who asks knows the path.
    @Sendable static func read(_ path: String) throws -> String {
        let data: Data
        do { data = try Data(contentsOf: URL(filePath: path)) } catch {
            throw FileProblem(description: access(path, F_OK) == 0 ? "cannot be read" : "there is no such file")
        }
        guard let text = String(validating: data, as: UTF8.self) else { throw FileProblem(description: "is not UTF-8 text") }
        return text
    }

    private struct FileProblem: Error, CustomStringConvertible {
        let description: String
    }
}
