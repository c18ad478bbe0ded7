import CLDAP

/// The version of libldap that the program was built with.
public enum LibraryVersion {
    public static let number = LDAP_VENDOR_VERSION
}
