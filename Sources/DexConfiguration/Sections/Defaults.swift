// What holds where a configuration says nothing, for programs that work without one.

extension Configuration.Expiry {
    public static let standard = Self()
}

extension Configuration.Signer.Local {
    public static let standard = Self()
}
