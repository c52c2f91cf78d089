/*
 * rsa_pem: keys and certificates that openssl made, for tests only: nothing is or was protected by them.
 */
#ifndef SUPPORT_RSA_PEM_H
#define SUPPORT_RSA_PEM_H

__attribute__((unused)) static const char TEST_RSA_PRIVATE[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC1hvcqHhjLeF1Q\n"
    "MGYex0/hkTK9iG2OKXUxWKlNj50yJHnvhpQGk55rRBjYe+HIWFT9k+fDsWwb/b+S\n"
    "GcoQ0yMmJCeoUzeBz/oeO0SbknXd8v4I/nuoWEDeotU8WfR+HKRUf0npWMJZM/Dw\n"
    "lKglrwfHDWdWppsQ/ys/JfG/DMK4kIFnZPk5PtaUi19ad+JQFMLkjlRsu2Uy1nN5\n"
    "F+TSc5XUyROqFeksygMjZIK7nVt0JH3iqd+I1tvD9NrE5F1q8/O+m2S4oMwMlvjS\n"
    "ibWlLM6LOMQlM75oEntEv9+ADY9qqAo1V3It6a4sVJnT6lQ5SKuglNlb6Y9jXfxK\n"
    "lOylNyudAgMBAAECggEAIJ4fy3GdAvKd0crgjqdBs0Zj16qsBN9uL2++/DDSDjB/\n"
    "uIp2Drh3vs59qGiaKWW139qzynYW9vChe58mr99AcZoNhjFtx+WXC9eafFnU1AzV\n"
    "mMghcB5riZW4ux9uzzpWTNiSb1uDkIPEx3XuwNayjxHZf7hwJJ21J6OpzKp+UqtW\n"
    "xIf+n2K9sA7nixHHBfgO6tFogI+XVSXXYlnNqz4iPuxwREtSpzivY8xcnhCkHmnv\n"
    "MzyNUGyqo7ic17oJrGlT4hb6tadielW2flP9j0DXNC8zZ2FKKGynvAaLgZqypdh8\n"
    "rHODGppJee/uk9RogU7zAhjxWdh1Ag0MPUS8ERkIAQKBgQDs4JMJRuL6QJ6uUAZh\n"
    "BFeckXSGwCY9+KklCIA4uuYCooS3RF5UfONfCnzFRtvJtSMFi+/B3Wo8ixW04h8B\n"
    "gOB7d3Kmuci3RZ6EMApuRUfCDIeSBG77GOZpVueg7RAZjHa1q0OJm6FEezyIDE3y\n"
    "mVk+4/59gTyNQV2ceV047z60iwKBgQDELn/IIlRFqIU40u+4boqb08oUPXM+FKxW\n"
    "nAt/dee3bypKpGvzlpxpCxWk4a9vVPYLLtHBj7qkbl2+kvgceEWM5joz+1H9yIgW\n"
    "+1AQWPkVFNBVz5+DGRxqFpPoItru5kxn6Qe+hoN0Ye7XQ18+XrrPJhERAs930ULY\n"
    "ou9/wgiddwKBgQDD+97LqyG6qeJgGIfelyghu1rs7mf1mBniMRFdXo1Vmr8xnlhp\n"
    "kNbSWKv40PKiBcNPIIOjI511MCIqgXfj14xjuuVaOpZtxCUt+012BM4lKBa24gIs\n"
    "sGJav3NvexR5/vRsxKFhZilcrpXbfkqzsNrdJOf3UQkXWgCoqOVPaOq5lwKBgHwN\n"
    "Ly39Ty6RBlTNRVppQ+qPPKwZw2KRLfzCRZ7+jlx2xdZXLA/mv9bIdJJDR2zt23ts\n"
    "yqRL32iUhWC5jHxsLQaQmmM+WzVP9YYauiDsMez7sVVhqWr7mPUYe8SBLdF8/PmD\n"
    "6Cq44izYtG+YIYTN3/CXEJmiHlCUmWFlfm5Z4pq3AoGAJDdGT2OJcdIQ2GPQSli1\n"
    "B2WjEmOoa6JHqaKlsKrV3Z3QAvbB6HVANdbsEPedg01oH/G4ZnPRcqFRy4DxzlkH\n"
    "UAVzi0KrMPozaojC8CnTqjZyLmVMw11+x4D8kWGLDrU6bq65BbwuUTWtNyrAGwaJ\n"
    "dysLrL3Ve5vjyHzc61B0SSc=\n"
    "-----END PRIVATE KEY-----\n";

__attribute__((unused)) static const char TEST_RSA_PUBLIC[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtYb3Kh4Yy3hdUDBmHsdP\n"
    "4ZEyvYhtjil1MVipTY+dMiR574aUBpOea0QY2HvhyFhU/ZPnw7FsG/2/khnKENMj\n"
    "JiQnqFM3gc/6HjtEm5J13fL+CP57qFhA3qLVPFn0fhykVH9J6VjCWTPw8JSoJa8H\n"
    "xw1nVqabEP8rPyXxvwzCuJCBZ2T5OT7WlItfWnfiUBTC5I5UbLtlMtZzeRfk0nOV\n"
    "1MkTqhXpLMoDI2SCu51bdCR94qnfiNbbw/TaxORdavPzvptkuKDMDJb40om1pSzO\n"
    "izjEJTO+aBJ7RL/fgA2PaqgKNVdyLemuLFSZ0+pUOUiroJTZW+mPY138SpTspTcr\n"
    "nQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

__attribute__((unused)) static const char TEST_OTHER_RSA_PUBLIC[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAyql4lKgIMuCCFV+YQ49/\n"
    "SwawDhj7ELTqRB7c0e1IP0cufWZHQp7rLWkd2uHUxO8m6knr09CvxSGJtBoJedUd\n"
    "5VlcSiGXzae/vTimnP9KXTM2e5/3ZwUfIDCe4QicU9PErCbR9vY/oZIs61fVWaXs\n"
    "T0S21KfxLG3ENEbbgnwl+MGOwq4tnLfLqZFpURxlKg8vBMi0KLZ2owmkn3kXfmT4\n"
    "wxz2JfV1JGwGYKgQyA7wZU7OKz4cBmGCnfqbevtXqd1+h7Usi5x3E+GZwHAjPVdy\n"
    "/GqrIP3r1wCSZ6RqO6+QAhJiegRsIUhCFpez7Vp83nelsHUecaQLnzh6a5prFhB1\n"
    "QQIDAQAB\n"
    "-----END PUBLIC KEY-----\n";

/* openssl req -x509 -subj '/C=CN/O=Test CA, Ltd/OU=Gate/CN=Fictional Root R1' -set_serial 12345678901234567890123
 * -sha256, by the key above. */
__attribute__((unused)) static const char TEST_CERTIFICATE[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDdzCCAl+gAwIBAgIKAp1Ctk52cUJEyzANBgkqhkiG9w0BAQsFADBPMQswCQYD\n"
    "VQQGEwJDTjEVMBMGA1UECgwMVGVzdCBDQSwgTHRkMQ0wCwYDVQQLDARHYXRlMRow\n"
    "GAYDVQQDDBFGaWN0aW9uYWwgUm9vdCBSMTAgFw0yNjExMjUxNDAzMjBaGA8yMTI2\n"
    "MTEwMTE0MDMyMFowTzELMAkGA1UEBhMCQ04xFTATBgNVBAoMDFRlc3QgQ0EsIEx0\n"
    "ZDENMAsGA1UECwwER2F0ZTEaMBgGA1UEAwwRRmljdGlvbmFsIFJvb3QgUjEwggEi\n"
    "MA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQC1hvcqHhjLeF1QMGYex0/hkTK9\n"
    "iG2OKXUxWKlNj50yJHnvhpQGk55rRBjYe+HIWFT9k+fDsWwb/b+SGcoQ0yMmJCeo\n"
    "UzeBz/oeO0SbknXd8v4I/nuoWEDeotU8WfR+HKRUf0npWMJZM/DwlKglrwfHDWdW\n"
    "ppsQ/ys/JfG/DMK4kIFnZPk5PtaUi19ad+JQFMLkjlRsu2Uy1nN5F+TSc5XUyROq\n"
    "FeksygMjZIK7nVt0JH3iqd+I1tvD9NrE5F1q8/O+m2S4oMwMlvjSibWlLM6LOMQl\n"
    "M75oEntEv9+ADY9qqAo1V3It6a4sVJnT6lQ5SKuglNlb6Y9jXfxKlOylNyudAgMB\n"
    "AAGjUzBRMB0GA1UdDgQWBBSaQzxo4uRlk1uYBEu/dgXoWy+FXjAfBgNVHSMEGDAW\n"
    "gBSaQzxo4uRlk1uYBEu/dgXoWy+FXjAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3\n"
    "DQEBCwUAA4IBAQAwgvY5s0lP8yayppK4NRYqm+i3VTwKxLjs42pJR08V7RUhr2D5\n"
    "ygpXqGqnGQ3fZCtinyONwb8H0vX7uZO/2IOWxD9kerYCm634oJyWJCaXK8xA2gWN\n"
    "BQ00bzH8Pusoi7PxQFOiAQQzXTp2QhIL9+cVp5LmgkFspqaNVpmphJv6Xyg1PAmd\n"
    "MMnf0F1e+ZXkZnKhUElrGy+JRcN/9Kxqzn3j6f1u4faQNIAVrSGw5asrmLaeeGsA\n"
    "hpUWnBEUGPvbhAB6+95g/+8x687huz8cmC2Gq/4Loq/6dFstS2tAgHtD6mHYJ3/A\n"
    "X3cHdlkjKQRPPpQOpd1n0lJBstC5bUZkuHBV\n"
    "-----END CERTIFICATE-----\n";

/* -subj '/C=CN/O=Fictional/CN=Root R3' -set_serial 255 -sha512, by the key above. */
__attribute__((unused)) static const char TEST_CERTIFICATE_SHA512[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIDNzCCAh+gAwIBAgICAP8wDQYJKoZIhvcNAQENBQAwMzELMAkGA1UEBhMCQ04x\n"
    "EjAQBgNVBAoMCUZpY3Rpb25hbDEQMA4GA1UEAwwHUm9vdCBSMzAgFw0yNjExMjUx\n"
    "NDAzMjBaGA8yMTI2MTEwMTE0MDMyMFowMzELMAkGA1UEBhMCQ04xEjAQBgNVBAoM\n"
    "CUZpY3Rpb25hbDEQMA4GA1UEAwwHUm9vdCBSMzCCASIwDQYJKoZIhvcNAQEBBQAD\n"
    "ggEPADCCAQoCggEBALWG9yoeGMt4XVAwZh7HT+GRMr2IbY4pdTFYqU2PnTIkee+G\n"
    "lAaTnmtEGNh74chYVP2T58OxbBv9v5IZyhDTIyYkJ6hTN4HP+h47RJuSdd3y/gj+\n"
    "e6hYQN6i1TxZ9H4cpFR/SelYwlkz8PCUqCWvB8cNZ1ammxD/Kz8l8b8MwriQgWdk\n"
    "+Tk+1pSLX1p34lAUwuSOVGy7ZTLWc3kX5NJzldTJE6oV6SzKAyNkgrudW3QkfeKp\n"
    "34jW28P02sTkXWrz876bZLigzAyW+NKJtaUszos4xCUzvmgSe0S/34ANj2qoCjVX\n"
    "ci3prixUmdPqVDlIq6CU2Vvpj2Nd/EqU7KU3K50CAwEAAaNTMFEwHQYDVR0OBBYE\n"
    "FJpDPGji5GWTW5gES792BehbL4VeMB8GA1UdIwQYMBaAFJpDPGji5GWTW5gES792\n"
    "BehbL4VeMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQENBQADggEBAELvPTWO\n"
    "JQGnFwOWzqOfw5vBF78JFNSctBhDZLjswjpPLnF1JjtB1OVlvMH3OUvkGUEo+E41\n"
    "j5nJn8ujuI7a6xyIXVnCGRjzghqQqhbvz7OAJBpGhecE9IT4rTHOkRZW1ny1KqGC\n"
    "P6cyY8ulZWVRfawq50ugjfFPI7W/a45MgCc3hKz+FkPWeWqIK040X7DlQGTPlzKJ\n"
    "OSJS1+0yyqRxvMjAe/RtJbGa100Of58/pqGKPls5dFL9xXBWd6/AlQujI5DhLeaY\n"
    "yZK5zLpklS9GBwP/D6mz6Pv9Kxd9cPoEo7mBfGQ3qBF+/pZ0tY2oRaLSaPzR9iSp\n"
    "Fmx3IsukvR9/KUw=\n"
    "-----END CERTIFICATE-----\n";

/* -subj '/C=CN/O=Fictional/CN=EC Root' -set_serial 77 -sha256, by a key on P-256. */
__attribute__((unused)) static const char TEST_CERTIFICATE_EC[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBqzCCAVCgAwIBAgIBTTAKBggqhkjOPQQDAjAzMQswCQYDVQQGEwJDTjESMBAG\n"
    "A1UECgwJRmljdGlvbmFsMRAwDgYDVQQDDAdFQyBSb290MCAXDTI2MTEyNTE0MDMy\n"
    "MFoYDzIxMjYxMTAxMTQwMzIwWjAzMQswCQYDVQQGEwJDTjESMBAGA1UECgwJRmlj\n"
    "dGlvbmFsMRAwDgYDVQQDDAdFQyBSb290MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD\n"
    "QgAExhLtudEslAoiZa+XMM80ZqXC2na9fLSOvWRlefg9TJ9FEbpk4mtDYoB+TwJc\n"
    "nRB9MBGq8D4OpzBLTHlDDdqtqaNTMFEwHQYDVR0OBBYEFPfLG3/PSEkSn5dvW4rm\n"
    "cGZjyC1KMB8GA1UdIwQYMBaAFPfLG3/PSEkSn5dvW4rmcGZjyC1KMA8GA1UdEwEB\n"
    "/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAM8iG61mntUXM88spI/fL6TaU6AE\n"
    "yg51AH4LaetJDMmIAiEAiNxJrMhkN6PNqd8AgsBXOEvsSKsy8jMHc0ZkpC3kQx0=\n"
    "-----END CERTIFICATE-----\n";

#endif
