import OpenIDConnect
import Testing

@testable import Dextra

@Suite("Google's service account") struct GoogleCredentialsFileTests {
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
        ] as [(String?, [String: String], String)])
    func path(configured: String?, environment: [String: String], path: String) throws {
        #expect(try GoogleCredentialsFile(configured: configured, environment: environment).path() == path)
    }

    @Test func `Nowhere is an error that says what to write`() {
        #expect(
            throws: ConnectorError.unavailable(
                "there is no service account: write serviceAccountFilePath, or set GOOGLE_APPLICATION_CREDENTIALS")
        ) { try GoogleCredentialsFile(configured: nil, environment: [:]).path() }
    }
}
