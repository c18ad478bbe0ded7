import Bytes
import Connectors
import OpenIDConnect
import Upstream

/// Where the service account stands: in the configured file, or where Google's own tools look for default credentials.
struct GoogleCredentials: Sendable {
    let configured: String?
    /// Of this process.
    let environment: [ExactText: String]

    /// - Returns: the file, and whether there is nothing else to look for; nil for nowhere.
    var file: (path: String, isCertain: Bool)? {
        if let path = configured ?? variable("GOOGLE_APPLICATION_CREDENTIALS") { return (path, true) }
        let folder = variable("CLOUDSDK_CONFIG") ?? variable("HOME").map { $0 + "/.config/gcloud" }
        return folder.map { ($0 + "/application_default_credentials.json", false) }
    }

    /// Of the metadata server that only Google's machines have.
    var metadataHost: String { variable("GCE_METADATA_HOST") ?? "metadata.google.internal" }

    /// - Parameters:
    ///   - metadata: reaches the metadata server.
    ///   - exchange: reaches Google.
    func account(
        _ files: FileReading, metadata: any HTTPExchange, exchange: any HTTPExchange
    ) async throws(ConnectorError) -> any GoogleAccount {
        var missing = ""
        if let file {
            var text: String?
            do throws(ConnectorError) { text = try await files.text(file.path) } catch {
                guard !file.isCertain, case .unavailable(let reason) = error else { throw error }
                missing = reason + ", and "
            }
            if let text {
                do throws(ServiceAccount.Failure) { return try ServiceAccount(json: text) } catch {
                    throw .unavailable("the file \(file.path) \(error)")
                }
            }
        }
        do throws(ConnectorError) {
            return try await MachineAccount(host: metadataHost, metadata: metadata, exchange: exchange)
        } catch {
            guard case .unavailable(let text) = error else { throw error }
            throw .unavailable(
                "there is no service account; write serviceAccountFilePath, or set GOOGLE_APPLICATION_CREDENTIALS: \(missing)\(text)"
            )
        }
    }

    private func variable(_ name: ExactText) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
