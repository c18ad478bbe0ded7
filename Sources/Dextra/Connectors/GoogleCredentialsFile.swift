import OpenIDConnect

/// Where the service account stands: in the configured file, or where Google's own tools look for default credentials. The
/// metadata server of Google's machines is not asked.
struct GoogleCredentialsFile: Sendable {
    let configured: String?
    /// Of this process.
    let environment: [String: String]

    func path() throws(ConnectorError) -> String {
        if let configured { return configured }
        if let path = variable("GOOGLE_APPLICATION_CREDENTIALS") { return path }
        let folder = variable("CLOUDSDK_CONFIG") ?? variable("HOME").map { $0 + "/.config/gcloud" }
        guard let folder else {
            throw .unavailable(
                "there is no service account: write serviceAccountFilePath, or set GOOGLE_APPLICATION_CREDENTIALS")
        }
        return folder + "/application_default_credentials.json"
    }

    private func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
