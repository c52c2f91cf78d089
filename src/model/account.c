/*
 * The profile as JSON, from one table of its members.
 */
#include "model/account.h"

#include "base/check.h"

#define TEXT(member)                                                                                                   \
    { #member, offsetof(struct profile, member) }

static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    TEXT(name),
    TEXT(family_name),
    TEXT(given_name),
    TEXT(middle_name),
    TEXT(nickname),
    TEXT(preferred_username),
    {"profile", offsetof(struct profile, profile_url)},
    TEXT(picture),
    TEXT(website),
    TEXT(gender),
    TEXT(birthdate),
    TEXT(zoneinfo),
    TEXT(locale),
    TEXT(email),
    TEXT(phone_number),
    TEXT(address_formatted),
    TEXT(address_street),
    TEXT(address_locality),
    TEXT(address_region),
    TEXT(address_postal_code),
    TEXT(address_country),
    TEXT(id_number),
};

static struct str *text_of(struct profile *profile, size_t index) {
    return (struct str *)((char *)profile + texts[index].offset);
}

void profile_identify(struct arena *arena, struct profile *profile, struct str name, const struct id_number *number) {
    profile->name = name;
    profile->id_type = number->type;
    profile->id_number = str_dup(arena, str_from(number->text));
    profile->gender = number->male ? STR("male") : STR("female");
    profile->birthdate = str_format(arena, "%04d-%02d-%02d", number->year, number->month, number->day);
}

void profile_rename(struct profile *profile, struct str name) {
    profile->name = name;
    profile->family_name = profile->given_name = profile->middle_name = STR_NONE;
}

void profile_write(const struct profile *profile, struct buf *buf) {
    struct profile copy = *profile;
    struct json_out out = json_out(buf);
    json_open_object(&out, NULL);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct str text = *text_of(&copy, i);
        if (!str_is_absent(text)) {
            json_put_str(&out, texts[i].name, text);
        }
    }
    json_put_bool(&out, "email_verified", profile->email_verified);
    json_put_bool(&out, "phone_number_verified", profile->phone_number_verified);
    json_put_int(&out, "id_type", profile->id_type);
    json_close_object(&out);
}

bool profile_read(struct arena *arena, struct str text, struct profile *ret_profile) {
    const struct json *object;
    if (!json_parse(arena, text, JSON_LIMITS_DOCUMENT, &object) || json_kind(object) != JSON_KIND_OBJECT) {
        return false;
    }
    struct profile profile = {0};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct json *member = json_member(object, texts[i].name);
        if (member && !json_str(member, text_of(&profile, i))) {
            return false;
        }
    }
    int64_t id_type = ID_TYPE_NONE;
    json_get_bool(object, "email_verified", &profile.email_verified);
    json_get_bool(object, "phone_number_verified", &profile.phone_number_verified);
    json_get_int(object, "id_type", &id_type);
    if (id_type < ID_TYPE_NONE || id_type > ID_TYPE_PERMANENT_RESIDENCE) {
        return false;
    }
    profile.id_type = (enum id_type)id_type;
    *ret_profile = profile;
    return true;
}
