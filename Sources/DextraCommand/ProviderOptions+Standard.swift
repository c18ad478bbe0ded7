import Dextra

extension ProviderOptions {
    /// What the program gives a provider.
    static var standard: ProviderOptions {
        ProviderOptions(version: Version.text, readFile: ConfigurationFile.read)
    }
}
