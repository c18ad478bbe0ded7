import Bytes
import Connectors
import OpenIDConnect
import Testing
import Upstream
import Workers

@testable import Dextra

@Suite("Google's service account") struct GoogleCredentialsTests {
    @Test(
        "stands where it is configured, else where Google's tools look",
        arguments: [
            ("/sa.json", ["GOOGLE_APPLICATION_CREDENTIALS": "/env.json", "HOME": "/home/a"], "/sa.json"),
            (nil, ["GOOGLE_APPLICATION_CREDENTIALS": "/env.json", "HOME": "/home/a"], "/env.json"),
            (nil, ["HOME": "/home/a"], "/home/a/.config/gcloud/application_default_credentials.json"),
            (nil, ["HOME": "/home/a", "CLOUDSDK_CONFIG": "/cloud"], "/cloud/application_default_credentials.json"),
            (
                nil, ["HOME": "/home/a", "GOOGLE_APPLICATION_CREDENTIALS": ""],
                "/home/a/.config/gcloud/application_default_credentials.json"
            ),
        ] as [(String?, [ExactText: String], String)])
    func path(configured: String?, environment: [ExactText: String], path: String) {
        #expect(GoogleCredentials(configured: configured, environment: environment).file?.path == path)
    }

    private func account(
        _ environment: [ExactText: String], files: [String: String] = [:], metadata answers: [String: String] = [:]
    ) async throws(ConnectorError) -> any GoogleAccount {
        let reading = FileReading(pool: WorkerPool(name: "files", threads: 1, queueLimit: 1)) { path in
            guard let text = files[path] else { throw NoFile() }
            return text
        }
        return try await GoogleCredentials(configured: nil, environment: environment).account(
            reading, metadata: FakeMetadata(answers: answers), exchange: FakeMetadata(answers: [:]))
    }

    @Test(
        "is asked of the metadata server where no file is",
        arguments: [
            ([:], "metadata.google.internal"), (["GCE_METADATA_HOST": "127.0.0.1:81", "HOME": "/home/a"], "127.0.0.1:81"),
        ] as [([ExactText: String], String)]
    )
    func metadata(environment: [ExactText: String], host: String) async throws {
        let url = "http://\(host)/computeMetadata/v1/instance/service-accounts/default/email"
        #expect(try await account(environment, metadata: [url: "robot@project.example"]).email == "robot@project.example")
    }

    @Test func `A file that is named, or is no service account's, is the last word`() async {
        let url = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/email"
        await #expect(throws: ConnectorError.unavailable("the file /a.json cannot be read: no such file")) {
            try await account(["GOOGLE_APPLICATION_CREDENTIALS": "/a.json"], metadata: [url: "robot@project.example"])
        }
        let person = ["/a/.config/gcloud/application_default_credentials.json": #"{"type": "authorized_user"}"#]
        await #expect(
            throws: ConnectorError.unavailable(
                "the file /a/.config/gcloud/application_default_credentials.json is of type authorized_user and not service_account"
            )
        ) { try await account(["HOME": "/a"], files: person, metadata: [url: "robot@project.example"]) }
    }

    @Test func `Nowhere is an error that says what to write`() async throws {
        let error = await #expect(throws: ConnectorError.self) { try await account([:]) }
        let text = try #require(error?.detail)
        #expect(text.contains("write serviceAccountFilePath, or set GOOGLE_APPLICATION_CREDENTIALS"))
        #expect(text.contains("http://metadata.google.internal/") && text.contains("connection refused"))
    }
}

private struct NoFile: Error, CustomStringConvertible {
    let description = "no such file"
}

/// A metadata server in memory: what it says at each address.
private struct FakeMetadata: HTTPExchange {
    let answers: [String: String]

    func send(_ request: UpstreamRequest) async throws(UpstreamError) -> UpstreamResponse {
        guard let text = answers[request.url] else { throw .unreachable("connection refused") }
        return UpstreamResponse(status: 200, headers: [.init("Metadata-Flavor", "Google")], body: Array(text.utf8))
    }
}
