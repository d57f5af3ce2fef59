CREATE DATABASE IF NOT EXISTS `${database}` CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS '${database}'@'localhost';
ALTER USER '${database}'@'localhost' IDENTIFIED BY '${secret.wordpress-db}';
GRANT ALL ON `${database}`.* TO '${database}'@'localhost';
